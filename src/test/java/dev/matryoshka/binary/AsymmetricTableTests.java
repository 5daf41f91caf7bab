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
import java.util.Arrays;

/** Codes packed from signs, and inner products with them, against plain loops. */
public class AsymmetricTableTests extends MatryoshkaTestCase {

  private static float[] randomFloats(int length) {
    float[] floats = new float[length];
    for (int i = 0; i < length; i++) {
      floats[i] = (float) random().nextGaussian();
    }
    return floats;
  }

  public void testDotEqualsTheSumOfSignedProjections() {
    for (int words = 1; words <= 17; words++) {
      // Longer than the prefix that is looked at, as with nested levels.
      float[] projected = randomFloats((words + 1) * Long.SIZE);
      AsymmetricTable table = new AsymmetricTable(projected, 0, words);
      for (int iteration = 0; iteration < 50; iteration++) {
        int offset = random().nextInt(4);
        long[] codes = random().longs(offset + words + 1).toArray();
        if (iteration < 2) {
          Arrays.fill(codes, -iteration);
        }
        double expected = 0;
        for (int b = 0; b < words * Long.SIZE; b++) {
          boolean set = (codes[offset + b / Long.SIZE] >>> b % Long.SIZE & 1) == 1;
          expected += set ? projected[b] : -projected[b];
        }
        assertEquals(expected, table.dot(codes, offset), 1e-3);
      }
    }
  }

  public void testDotWithItsOwnSignsIsTheL1Norm() {
    float[] projected = randomFloats(256);
    long[] code = new long[4];
    SignPacker.pack(projected, 0, 4, code, 0, 1);
    double norm = 0;
    for (float value : projected) {
      norm += Math.abs(value);
    }
    assertEquals(norm, new AsymmetricTable(projected, 0, 4).dot(code, 0), 1e-3);
  }

  public void testPackedSigns() {
    for (int iteration = 0; iteration < 100; iteration++) {
      int words = 1 + random().nextInt(5);
      int offset = random().nextInt(4);
      int outOffset = random().nextInt(4);
      int stride = 1 + random().nextInt(4);
      float[] projected = randomFloats(offset + words * Long.SIZE);
      long[] out = random().longs(outOffset + words * stride + 2).toArray();
      long[] before = out.clone();
      SignPacker.pack(projected, offset, words, out, outOffset, stride);
      for (int i = 0; i < out.length; i++) {
        int w = (i - outOffset) / stride;
        if (i >= outOffset && (i - outOffset) % stride == 0 && w < words) {
          for (int b = 0; b < Long.SIZE; b++) {
            boolean set = (out[i] >>> b & 1) == 1;
            assertEquals(projected[offset + w * Long.SIZE + b] >= 0, set);
          }
        } else {
          assertEquals("words between the strides stay", before[i], out[i]);
        }
      }
    }
  }

  public void testSignsOfSpecialValues() {
    float[] projected = new float[Long.SIZE];
    projected[1] = -Float.MIN_VALUE;
    projected[2] = Float.MIN_VALUE;
    projected[3] = Float.NEGATIVE_INFINITY;
    projected[4] = Float.POSITIVE_INFINITY;
    long[] out = new long[1];
    SignPacker.pack(projected, 0, 1, out, 0, 1);
    assertEquals(~0b01010L, out[0]);
  }
}
