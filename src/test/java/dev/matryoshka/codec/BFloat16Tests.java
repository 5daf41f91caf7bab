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
package dev.matryoshka.codec;

import dev.matryoshka.MatryoshkaTestCase;

/** Rounding to bfloat16 and back. */
public class BFloat16Tests extends MatryoshkaTestCase {

  private static final float STEP_AT_ONE = 1f / 128;

  public void testRounding() {
    assertEquals(1f, BFloat16.round(1f), 0);
    assertEquals(1 + STEP_AT_ONE, BFloat16.round(1 + STEP_AT_ONE), 0);
    assertEquals(1f, BFloat16.round(1 + 0.49f * STEP_AT_ONE), 0);
    assertEquals(1 + STEP_AT_ONE, BFloat16.round(1 + 0.51f * STEP_AT_ONE), 0);
    assertEquals("ties to even", 1f, BFloat16.round(1 + STEP_AT_ONE / 2), 0);
    assertEquals("ties to even", 1 + 2 * STEP_AT_ONE, BFloat16.round(1 + 1.5f * STEP_AT_ONE), 0);
    assertEquals(0f, BFloat16.round(0f), 0);
    assertEquals(-0f, BFloat16.round(-0f), 0);
    assertEquals(0f, BFloat16.round(Float.MIN_VALUE), 0);
    assertEquals(Float.POSITIVE_INFINITY, BFloat16.round(Float.MAX_VALUE), 0);
    assertEquals(Float.NEGATIVE_INFINITY, BFloat16.round(Float.NEGATIVE_INFINITY), 0);
    assertTrue(Float.isNaN(BFloat16.round(Float.NaN)));
    // Its payload is in the lower half only.
    assertTrue(Float.isNaN(BFloat16.round(Float.intBitsToFloat(0x7f800001))));
  }

  public void testRandomValuesRoundToTheNearest() {
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random().nextInt());
      float rounded = BFloat16.round(value);
      if (Float.isFinite(value) && Float.isFinite(rounded)) {
        int bits = Float.floatToIntBits(rounded);
        assertEquals(0, bits & 0xffff);
        float above = Float.intBitsToFloat(bits + 0x10000);
        double error = Math.abs((double) value - rounded);
        if (Float.isFinite(above)) {
          assertTrue(error <= Math.abs((double) above - rounded) / 2);
        }
      }
    }
  }

  public void testEncodingAndDecoding() {
    float[] vector = new float[33];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (random().nextGaussian() * Math.pow(10, random().nextInt(60) - 30));
    }
    byte[] bytes = new byte[66];
    BFloat16.encode(vector, bytes);
    float[] decoded = new float[33];
    BFloat16.decode(bytes, decoded);
    for (int i = 0; i < vector.length; i++) {
      assertEquals(BFloat16.round(vector[i]), decoded[i], 0);
    }
    BFloat16.encode(new float[] {1f, -2f}, bytes);
    assertEquals("low byte first", 0x80, bytes[0] & 0xff);
    assertEquals(0x3f, bytes[1] & 0xff);
    assertEquals(0x00, bytes[2] & 0xff);
    assertEquals(0xc0, bytes[3] & 0xff);
  }
}
