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
 * Inner products of one float vector with many sign codes, {@code Σ ±q_b}: for every byte of a code
 * a table of its 256 possible contributions, so that a code of b bits costs b/8 loads and additions
 * (the look-up method of product quantisation, Jégou et al. 2011, on one-bit sub-quantisers).
 * Building takes 32 additions for every bit. Immutable, thread-safe.
 */
public final class AsymmetricTable {

  private static final int ENTRIES = 256;

  private final float[] entries;
  private final int words;

  /**
   * @param projected the query's projections, {@code 64 * words} floats from {@code offset}
   * @param words words of a code that are looked at
   */
  public AsymmetricTable(float[] projected, int offset, int words) {
    this.words = words;
    this.entries = new float[words * Long.BYTES * ENTRIES];
    for (int group = 0; group < words * Long.BYTES; group++) {
      int at = group * ENTRIES;
      float negative = 0;
      for (int b = 0; b < Byte.SIZE; b++) {
        negative -= projected[offset + group * Byte.SIZE + b];
      }
      entries[at] = negative;
      for (int value = 1; value < ENTRIES; value++) {
        int lowest = Integer.numberOfTrailingZeros(value);
        entries[at + value] =
            entries[at + (value & (value - 1))]
                + 2 * projected[offset + group * Byte.SIZE + lowest];
      }
    }
  }

  /** The inner product with the code whose words start at {@code offset}. */
  public float dot(long[] codes, int offset) {
    float sum = 0;
    int at = 0;
    for (int w = 0; w < words; w++) {
      long word = codes[offset + w];
      float low =
          entries[at + (int) (word & 0xff)]
              + entries[at + ENTRIES + (int) (word >>> 8 & 0xff)]
              + entries[at + 2 * ENTRIES + (int) (word >>> 16 & 0xff)]
              + entries[at + 3 * ENTRIES + (int) (word >>> 24 & 0xff)];
      float high =
          entries[at + 4 * ENTRIES + (int) (word >>> 32 & 0xff)]
              + entries[at + 5 * ENTRIES + (int) (word >>> 40 & 0xff)]
              + entries[at + 6 * ENTRIES + (int) (word >>> 48 & 0xff)]
              + entries[at + 7 * ENTRIES + (int) (word >>> 56)];
      sum += low + high;
      at += Long.BYTES * ENTRIES;
    }
    return sum;
  }
}
