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

/**
 * Turns projections into codes: bit b of a code is set when projection b is not negative. Bit b is
 * bit {@code b % 64} of word {@code b / 64}.
 */
public final class SignPacker {

  private SignPacker() {}

  /**
   * Packs one code.
   *
   * @param projected the projections, from {@code offset}
   * @param words number of words, 64 projections each
   * @param out word w goes to {@code outOffset + w * outStride}
   */
  public static void pack(
      float[] projected, int offset, int words, long[] out, int outOffset, int outStride) {
    for (int w = 0; w < words; w++) {
      long word = 0;
      int from = offset + w * Long.SIZE;
      for (int b = 0; b < Long.SIZE; b++) {
        // The sign bit itself, without a branch: signs of projections are unpredictable.
        word |= (long) (~Float.floatToRawIntBits(projected[from + b]) >>> 31) << b;
      }
      out[outOffset + w * outStride] = word;
    }
  }
}
