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
    return product(a, b, SUMS);
  }

  @Override
  public float square(float[] b) {
    return product(b, b, SQUARE_SUMS);
  }

  private static float product(float[] a, float[] b, int width) {
    float[] sums = new float[width];
    int i = 0;
    for (; i + width <= a.length; i += width) {
      for (int l = 0; l < width; l++) {
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
    for (int half = sums.length / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        sums[l] += sums[l + half];
      }
    }
    return sums[0];
  }

  @Override
  public void dots(float[] a, MemorySegment b, long[] offsets, float[] into) {
    for (int row = 0; row < ROWS; row++) {
      into[row] = dot(a, copy(b, offsets[row], a.length));
    }
  }

  @Override
  public void dotsAndSquares(
      float[] a, MemorySegment b, long[] offsets, float[] dots, float[] squares) {
    for (int row = 0; row < ROWS; row++) {
      float[] copy = copy(b, offsets[row], a.length);
      dots[row] = dot(a, copy);
      squares[row] = square(copy);
    }
  }

  @Override
  public void squareDistances(float[] a, MemorySegment b, long[] offsets, float[] into) {
    for (int row = 0; row < ROWS; row++) {
      into[row] = squareDistance(a, copy(b, offsets[row], a.length));
    }
  }

  private static float[] copy(MemorySegment b, long offset, int length) {
    float[] copy = new float[length];
    MemorySegment.copy(b, FLOAT, offset, copy, 0, length);
    return copy;
  }
}
