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
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/** Both implementations, and the loops for the heap, against arithmetic one vector at a time. */
public class CorrectionKernelsTests extends MatryoshkaTestCase {

  private static final CorrectionKernels[] KERNELS = {
    new ScalarCorrectionKernels(), new VectorCorrectionKernels()
  };

  /** Where corrections start in mapped memory. */
  private static final int MISALIGNED = 3;

  private int groups;
  private int columns;
  private int column;
  private ByteScale[] scales;
  private float[] corrections;
  private MemorySegment mapped;

  private void drawCorrections(int itsColumns) {
    groups = random().nextInt(66);
    columns = itsColumns;
    column = random().nextInt(columns);
    scales = new ByteScale[columns];
    for (int c = 0; c < columns; c++) {
      scales[c] = new ByteScale((float) random().nextGaussian(), random().nextFloat());
    }
    byte[] bytes = new byte[groups * HammingKernels.GROUP * columns];
    random().nextBytes(bytes);
    corrections = new float[bytes.length];
    mapped = Arena.ofAuto().allocate(MISALIGNED + (long) bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      mapped.set(ValueLayout.JAVA_BYTE, MISALIGNED + (long) i, bytes[i]);
      ByteScale scale = scales[i / 8 % columns];
      corrections[i] = scale.step() * bytes[i] + scale.base();
    }
  }

  private void drawCorrections() {
    drawCorrections(1 + random().nextInt(6));
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
        kernels.addProducts(
            mapped, MISALIGNED, groups, column, columns, scales[column], factors, sums);
        assertArrayEquals(kernels.toString(), expected, sums, 0);
      }
    }
  }

  private static Completion randomCompletion() {
    float factor = random().nextBoolean() ? 1 : 2;
    float sign = random().nextBoolean() ? 1 : -1;
    return new Completion(factor, sign, (float) random().nextGaussian());
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
      CorrectionKernels.complete(corrections, groups, column, columns, completion, products);
      assertArrayEquals(expected, products, 0);
      for (CorrectionKernels kernels : KERNELS) {
        products = before.clone();
        kernels.complete(
            mapped, MISALIGNED, groups, column, columns, scales[column], completion, products);
        assertArrayEquals(kernels.toString(), expected, products, 0);
      }
    }
  }

  public void testEstimates() {
    for (int round = 0; round < 100; round++) {
      drawCorrections(2);
      column = 1;
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
            codes,
            MISALIGNED,
            mapped,
            MISALIGNED,
            groups,
            scales[0],
            scales[1],
            planes,
            completion,
            estimates);
        assertArrayEquals(kernels.toString(), expected, estimates, 0);
      }
    }
  }

  /**
   * The compiler inlines nothing longer than 325 bytes ({@code FreqInlineSize}); inlined into a
   * large caller, these loops would pass vectors through the heap.
   */
  public void testLoopsAreTooLongToBeInlined() {
    StringWriter code = new StringWriter();
    String url =
        VectorCorrectionKernels.class.getResource("VectorCorrectionKernels.class").toString();
    PrintWriter out = new PrintWriter(code);
    assertEquals(0, ToolProvider.findFirst("javap").orElseThrow().run(out, out, "-c", "-p", url));
    // Numbers are written as the locale has them.
    Matcher loop =
        Pattern.compile("(?s)void (dots\\w*)\\(java\\.lang\\.foreign.*?(\\p{Nd}+): return\\n")
            .matcher(code.toString());
    int loops = 0;
    while (loop.find()) {
      loops++;
      int last = Integer.parseInt(loop.group(2));
      assertTrue(loop.group(1) + " has " + last + " bytes", last >= 325);
    }
    assertEquals(2, loops);
  }
}
