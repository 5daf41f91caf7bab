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

/**
 * A float vector q rounded to {@value #PLANES} bits in planes of signs, for inner products with
 * many sign codes, {@code Σ ±q_b}. With {@code q_b ≈ Δ Σⱼ 2ʲ⁻¹ p_jb}, all {@code p_jb} 1 or -1, the
 * inner product with a code of B signs is {@code Δ (B (2ⁿ - 1) / 2 - Σⱼ 2ʲ hⱼ)}, where hⱼ is the
 * Hamming distance to plane j of n: it takes {@value #PLANES} times the bit counts of a Hamming
 * distance. Immutable, thread-safe.
 *
 * <p>After RaBitQ (Gao and Long 2024, arXiv 2405.12497), which rounds queries to as many bits; the
 * error is far below that of the codes. Deviations: planes are of signs, and rounding is to the
 * nearest value.
 */
public final class QueryPlanes {

  /** Number of planes; plane j counts 2ʲ times. */
  public static final int PLANES = 4;

  private static final int GREATEST = (1 << PLANES) - 1;

  private final int words;
  private final long[] planes;
  private final float step;
  private final float unequal;

  /**
   * @param projected the vector, {@code 64 * words} floats from {@code offset}
   * @param words words of a code that are looked at
   */
  public QueryPlanes(float[] projected, int offset, int words) {
    this.words = words;
    int bits = words * Long.SIZE;
    float greatest = 0;
    for (int b = 0; b < bits; b++) {
      greatest = Math.max(greatest, Math.abs(projected[offset + b]));
    }
    step = Math.max(2 * greatest / GREATEST, Float.MIN_NORMAL);
    unequal = bits * GREATEST / 2f;
    planes = new long[PLANES * words];
    for (int b = 0; b < bits; b++) {
      int value = Math.clamp(Math.round(projected[offset + b] / step + GREATEST / 2f), 0, GREATEST);
      for (int plane = 0; plane < PLANES; plane++) {
        planes[plane * words + b / Long.SIZE] |= (long) (value >>> plane & 1) << b;
      }
    }
  }

  /** What a difference of one in the distance counts in the inner product. */
  float step() {
    return step;
  }

  /** The distance at which the inner product is zero. */
  float unequal() {
    return unequal;
  }

  /** Words of each plane. */
  public int words() {
    return words;
  }

  /** Word w of plane j at {@code j * words + w}; not to be modified. */
  public long[] planes() {
    return planes;
  }

  /** {@code Σⱼ 2ʲ hⱼ} for the code whose words start at {@code offset}. */
  public long distance(long[] codes, int offset) {
    long sum = 0;
    for (int w = 0; w < words; w++) {
      long word = codes[offset + w];
      sum +=
          Long.bitCount(word ^ planes[w])
              + 2 * Long.bitCount(word ^ planes[words + w])
              + 4 * Long.bitCount(word ^ planes[2 * words + w])
              + 8 * Long.bitCount(word ^ planes[3 * words + w]);
    }
    return sum;
  }

  /**
   * Adds {@code Σⱼ 2ʲ hⱼ} for codes in groups.
   *
   * @param codes word w of code i at {@link HammingKernels#index}
   */
  public void addDistances(long[] codes, int groups, long[] distances) {
    for (int plane = 0; plane < PLANES; plane++) {
      HammingKernels.INSTANCE.addDistances(
          codes, groups, words, planes, plane * words, 1 << plane, distances);
    }
  }

  /**
   * The same where codes are mapped into memory.
   *
   * @param mapped little-endian; word w of code i at {@code offset + index * 8}
   */
  public void addDistances(MemorySegment mapped, long offset, int groups, long[] distances) {
    HammingKernels.INSTANCE.addPlaneDistances(mapped, offset, groups, words, planes, distances);
  }

  /** The inner product with a code at such a {@link #distance}. */
  public float dot(long distance) {
    return step * (unequal - distance);
  }

  /** The inner products with codes at such distances. */
  public void dots(long[] distances, float[] dots) {
    for (int i = 0; i < distances.length; i++) {
      dots[i] = dot(distances[i]);
    }
  }
}
