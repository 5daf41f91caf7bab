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
public class QueryPlanesTests extends MatryoshkaTestCase {

  private static float[] randomFloats(int length) {
    float[] floats = new float[length];
    for (int i = 0; i < length; i++) {
      floats[i] = (float) random().nextGaussian();
    }
    return floats;
  }

  /** What a projection may be rounded by, at the most. */
  private static double rounding(float[] projected, int offset, int bits) {
    double greatest = 0;
    for (int b = 0; b < bits; b++) {
      greatest = Math.max(greatest, Math.abs(projected[offset + b]));
    }
    return greatest / ((1 << QueryPlanes.PLANES) - 1);
  }

  private static boolean set(long[] codes, int bit) {
    return (codes[bit / Long.SIZE] >>> bit % Long.SIZE & 1) == 1;
  }

  public void testDotIsNearTheSumOfSignedProjections() {
    for (int words = 1; words <= 17; words++) {
      int offset = random().nextInt(3) * Long.SIZE;
      // Longer than what is looked at, as with nested levels.
      float[] projected = randomFloats(offset + (words + 1) * Long.SIZE);
      int bits = words * Long.SIZE;
      double rounding = rounding(projected, offset, bits);
      QueryPlanes planes = new QueryPlanes(projected, offset, words);
      assertEquals(words, planes.words());
      for (int iteration = 0; iteration < 50; iteration++) {
        int codeOffset = random().nextInt(4);
        long[] codes = random().longs(codeOffset + words + 1).toArray();
        if (iteration < 2) {
          Arrays.fill(codes, -iteration);
        }
        double exact = 0;
        for (int b = 0; b < bits; b++) {
          exact += (set(codes, codeOffset * Long.SIZE + b) ? 1 : -1) * projected[offset + b];
        }
        double dot = planes.dot(planes.distance(codes, codeOffset));
        assertEquals(exact, dot, bits * rounding * 1.0001);
        // Errors of bits have nothing to do with each other, unless the code is as this one.
        if (iteration >= 2) {
          assertEquals(exact, dot, 6 * Math.sqrt(bits / 3.0) * rounding);
        }
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
    QueryPlanes planes = new QueryPlanes(projected, 0, 4);
    double rounding = rounding(projected, 0, 256);
    assertEquals(norm, planes.dot(planes.distance(code, 0)), 6 * Math.sqrt(256 / 3.0) * rounding);
  }

  public void testValuesOfThePlanesAreExact() {
    float[] projected = new float[Long.SIZE];
    for (int b = 0; b < projected.length; b++) {
      projected[b] = (2 * random().nextInt(16) - 15) * 0.125f;
    }
    projected[random().nextInt(Long.SIZE)] = 15 * 0.125f;
    QueryPlanes planes = new QueryPlanes(projected, 0, 1);
    long[] code = {random().nextLong()};
    double exact = 0;
    for (int b = 0; b < Long.SIZE; b++) {
      exact += (set(code, b) ? 1 : -1) * projected[b];
    }
    assertEquals(exact, planes.dot(planes.distance(code, 0)), 1e-4);
  }

  public void testNothingToSeeInAVectorOfZeros() {
    QueryPlanes planes = new QueryPlanes(new float[128], 0, 2);
    assertEquals(0, planes.dot(planes.distance(random().longs(2).toArray(), 0)), 1e-30);
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
