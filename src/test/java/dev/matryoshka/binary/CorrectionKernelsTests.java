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

import dev.matryoshka.MatryoshkaTestCase;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Both implementations, and the loops for the heap, against arithmetic one vector at a time. */
public class CorrectionKernelsTests extends MatryoshkaTestCase {

  private static final CorrectionKernels[] KERNELS = {
    new ScalarCorrectionKernels(), new VectorCorrectionKernels()
  };

  /** Where corrections start in mapped memory: not at a multiple of four. */
  private static final int MISALIGNED = 3;

  private int groups;
  private int columns;
  private int column;
  private float[] corrections;
  private MemorySegment mapped;

  private void drawCorrections() {
    groups = random().nextInt(66);
    columns = 1 + random().nextInt(6);
    column = random().nextInt(columns);
    corrections = randomFloats(groups * HammingKernels.GROUP * columns);
    mapped = Arena.ofAuto().allocate(MISALIGNED + (long) corrections.length * Float.BYTES);
    for (int i = 0; i < corrections.length; i++) {
      mapped.set(
          ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
          MISALIGNED + (long) i * Float.BYTES,
          corrections[i]);
    }
  }

  private static float[] randomFloats(int length) {
    float[] floats = new float[length];
    for (int i = 0; i < length; i++) {
      floats[i] = (float) random().nextGaussian();
    }
    return floats;
  }

  private float correction(int i) {
    return corrections[(i / 8 * columns + column) * 8 + i % 8];
  }

  public void testProducts() {
    for (int round = 0; round < 100; round++) {
      drawCorrections();
      float[] before = randomFloats(groups * HammingKernels.GROUP + 3);
      float[] factors = randomFloats(before.length);
      float[] expected = before.clone();
      for (int i = 0; i < groups * HammingKernels.GROUP; i++) {
        expected[i] += correction(i) * factors[i];
      }
      float[] sums = before.clone();
      CorrectionKernels.addProducts(corrections, groups, column, columns, factors, sums);
      assertArrayEquals(expected, sums, 0);
      for (CorrectionKernels kernels : KERNELS) {
        sums = before.clone();
        kernels.addProducts(mapped, MISALIGNED, groups, column, columns, factors, sums);
        assertArrayEquals(kernels.toString(), expected, sums, 0);
      }
    }
  }

  public void testCompletion() {
    for (int round = 0; round < 100; round++) {
      drawCorrections();
      float factor = random().nextBoolean() ? 1 : 2;
      float sign = random().nextBoolean() ? 1 : -1;
      float constant = (float) random().nextGaussian();
      float[] before = randomFloats(groups * HammingKernels.GROUP + 3);
      float[] expected = before.clone();
      for (int i = 0; i < groups * HammingKernels.GROUP; i++) {
        expected[i] = factor * before[i] + sign * correction(i) + constant;
      }
      float[] sums = before.clone();
      CorrectionKernels.complete(
          corrections, groups, column, columns, factor, sign, constant, sums);
      assertArrayEquals(expected, sums, 0);
      for (CorrectionKernels kernels : KERNELS) {
        sums = before.clone();
        kernels.complete(mapped, MISALIGNED, groups, column, columns, factor, sign, constant, sums);
        assertArrayEquals(kernels.toString(), expected, sums, 0);
      }
    }
  }
}
