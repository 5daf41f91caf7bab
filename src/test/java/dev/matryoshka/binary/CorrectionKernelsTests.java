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

  private Completion randomCompletion() {
    float factor = random().nextBoolean() ? 1 : 2;
    float sign = random().nextBoolean() ? 1 : -1;
    return new Completion(column, factor, sign, (float) random().nextGaussian());
  }

  public void testCompletion() {
    for (int round = 0; round < 100; round++) {
      drawCorrections();
      Completion completion = randomCompletion();
      float[] before = randomFloats(groups * HammingKernels.GROUP + 3);
      float[] expected = before.clone();
      for (int i = 0; i < groups * HammingKernels.GROUP; i++) {
        expected[i] =
            completion.factor() * before[i]
                + completion.sign() * correction(i)
                + completion.constant();
      }
      float[] products = before.clone();
      CorrectionKernels.complete(corrections, groups, columns, completion, products);
      assertArrayEquals(expected, products, 0);
      for (CorrectionKernels kernels : KERNELS) {
        products = before.clone();
        kernels.complete(mapped, MISALIGNED, groups, columns, completion, products);
        assertArrayEquals(kernels.toString(), expected, products, 0);
      }
    }
  }

  public void testEstimates() {
    for (int round = 0; round < 100; round++) {
      drawCorrections();
      int words = 1 + random().nextInt(6);
      QueryPlanes planes = new QueryPlanes(randomFloats(words * Long.SIZE), 0, words);
      Completion completion = randomCompletion();
      int count = groups * HammingKernels.GROUP;
      MemorySegment codes = Arena.ofAuto().allocate(MISALIGNED + (long) count * words * Long.BYTES);
      float[] expected = new float[count + 3];
      for (int i = 0; i < count; i++) {
        long[] code = random().longs(words).toArray();
        for (int w = 0; w < words; w++) {
          codes.set(
              ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
              MISALIGNED + (long) HammingKernels.index(i, w, words) * Long.BYTES,
              code[w]);
        }
        float product =
            corrections[i / 8 * columns * 8 + i % 8] * planes.dot(planes.distance(code, 0));
        expected[i] = completion.of(product, correction(i));
      }
      for (CorrectionKernels kernels : KERNELS) {
        float[] estimates = new float[expected.length];
        kernels.estimates(
            codes, MISALIGNED, mapped, MISALIGNED, groups, columns, planes, completion, estimates);
        assertArrayEquals(kernels.toString(), expected, estimates, 0);
      }
    }
  }
}
