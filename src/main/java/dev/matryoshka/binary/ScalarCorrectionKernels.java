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

/** The kernels in plain Java. */
final class ScalarCorrectionKernels extends CorrectionKernels {

  private static final int GROUP = HammingKernels.GROUP;

  /** Corrections of a vector whose code has one level. */
  private static final int COLUMNS = 2;

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static float correction(
      MemorySegment mapped, long offset, int i, int column, int columns, ByteScale scale) {
    long at = offset + HammingKernels.index(i, column, columns);
    return scale.of(mapped.get(ValueLayout.JAVA_BYTE, at));
  }

  @Override
  public void addProducts(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      ByteScale scale,
      float[] factors,
      float[] sums) {
    for (int i = 0; i < groups * GROUP; i++) {
      sums[i] += correction(mapped, offset, i, column, columns, scale) * factors[i];
    }
  }

  @Override
  public void complete(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      ByteScale scale,
      Completion completion,
      float[] products) {
    for (int i = 0; i < groups * GROUP; i++) {
      float correction = correction(mapped, offset, i, column, columns, scale);
      products[i] = completion.of(products[i], correction);
    }
  }

  @Override
  public void estimates(
      MemorySegment codes,
      long codesOffset,
      MemorySegment corrections,
      long correctionsOffset,
      int groups,
      ByteScale scale,
      ByteScale completing,
      QueryPlanes planes,
      Completion completion,
      float[] estimates) {
    long[] code = new long[planes.words()];
    for (int i = 0; i < groups * GROUP; i++) {
      for (int w = 0; w < code.length; w++) {
        long at = codesOffset + (long) HammingKernels.index(i, w, code.length) * Long.BYTES;
        code[w] = codes.get(WORD, at);
      }
      float first = correction(corrections, correctionsOffset, i, 0, COLUMNS, scale);
      float second = correction(corrections, correctionsOffset, i, 1, COLUMNS, completing);
      estimates[i] = completion.of(first * planes.dot(planes.distance(code, 0)), second);
    }
  }
}
