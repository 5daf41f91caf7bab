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
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static long start(long offset, int group, int column, int columns) {
    return offset + (long) HammingKernels.index(group * GROUP, column, columns) * Float.BYTES;
  }

  @Override
  public void addProducts(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      float[] factors,
      float[] sums) {
    for (int g = 0; g < groups; g++) {
      long at = start(offset, g, column, columns);
      for (int i = g * GROUP; i < (g + 1) * GROUP; i++, at += Float.BYTES) {
        sums[i] += mapped.get(FLOAT, at) * factors[i];
      }
    }
  }

  @Override
  public void complete(
      MemorySegment mapped,
      long offset,
      int groups,
      int columns,
      Completion completion,
      float[] products) {
    for (int g = 0; g < groups; g++) {
      long at = start(offset, g, completion.column(), columns);
      for (int i = g * GROUP; i < (g + 1) * GROUP; i++, at += Float.BYTES) {
        products[i] = completion.of(products[i], mapped.get(FLOAT, at));
      }
    }
  }

  @Override
  public void estimates(
      MemorySegment codes,
      long codesOffset,
      MemorySegment corrections,
      long correctionsOffset,
      int groups,
      int columns,
      QueryPlanes planes,
      Completion completion,
      float[] estimates) {
    long[] code = new long[planes.words()];
    for (int i = 0; i < groups * GROUP; i++) {
      for (int w = 0; w < code.length; w++) {
        long at = codesOffset + (long) HammingKernels.index(i, w, code.length) * Long.BYTES;
        code[w] = codes.get(WORD, at);
      }
      long at = start(correctionsOffset, i / GROUP, 0, columns) + i % GROUP * (long) Float.BYTES;
      float product = corrections.get(FLOAT, at) * planes.dot(planes.distance(code, 0));
      long other = at + (long) completion.column() * GROUP * Float.BYTES;
      estimates[i] = completion.of(product, corrections.get(FLOAT, other));
    }
  }
}
