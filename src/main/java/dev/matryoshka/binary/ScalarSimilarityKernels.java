/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
 * in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the License
 * is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express
 * or implied. See the License for the specific language governing permissions and limitations under
 * the License.
 */
package dev.matryoshka.binary;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The kernels in plain loops. */
final class ScalarSimilarityKernels extends SimilarityKernels {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public float dot(float[] a, float[] b) {
    float[] sums = new float[SUMS];
    int i = 0;
    for (; i + SUMS <= a.length; i += SUMS) {
      for (int l = 0; l < SUMS; l++) {
        sums[l] = Math.fma(a[i + l], b[i + l], sums[l]);
      }
    }
    float rest = 0;
    for (; i < a.length; i++) {
      rest = Math.fma(a[i], b[i], rest);
    }
    return halve(sums) + rest;
  }

  @Override
  public float squareDistance(float[] a, float[] b) {
    float[] sums = new float[SUMS];
    int i = 0;
    for (; i + SUMS <= a.length; i += SUMS) {
      for (int l = 0; l < SUMS; l++) {
        float difference = a[i + l] - b[i + l];
        sums[l] = Math.fma(difference, difference, sums[l]);
      }
    }
    float rest = 0;
    for (; i < a.length; i++) {
      rest = Math.fma(a[i] - b[i], a[i] - b[i], rest);
    }
    return halve(sums) + rest;
  }

  private static float halve(float[] sums) {
    for (int half = SUMS / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        sums[l] += sums[l + half];
      }
    }
    return sums[0];
  }

  @Override
  public float dot(float[] a, MemorySegment b, long offset) {
    return dot(a, copy(b, offset, a.length));
  }

  @Override
  public float squareDistance(float[] a, MemorySegment b, long offset) {
    return squareDistance(a, copy(b, offset, a.length));
  }

  @Override
  public long dotAndSquare(float[] a, MemorySegment b, long offset) {
    float[] copy = copy(b, offset, a.length);
    return pack(dot(a, copy), dot(copy, copy));
  }

  private static float[] copy(MemorySegment b, long offset, int length) {
    float[] copy = new float[length];
    MemorySegment.copy(b, FLOAT, offset, copy, 0, length);
    return copy;
  }
}
