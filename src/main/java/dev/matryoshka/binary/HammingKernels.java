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
 * Hamming distances between one query and a block of codes stored by column: all first words, then
 * all second words, and so on, so that the lanes of a SIMD register are documents. One
 * implementation is chosen once; all give identical results. Stateless and thread-safe.
 */
public abstract class HammingKernels {

  /** The implementation for this JVM. */
  public static final HammingKernels INSTANCE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
          ? new VectorHammingKernels()
          : new ScalarHammingKernels();

  /**
   * Codes in a group: word 0 of all of them, then word 1 of all of them, and so on, so that a
   * register holds one word of as many codes as it has room for, and a scan reads from front to
   * back. Eight words fill a cache line, and the widest registers there are.
   */
  public static final int GROUP = 8;

  /** Groups that hold so many codes; the last may have fewer. */
  public static int groups(int codes) {
    return (codes + GROUP - 1) / GROUP;
  }

  /**
   * Where a word of a code is among grouped codes.
   *
   * @param words words of each code
   */
  public static int index(int code, int word, int words) {
    return (code / GROUP * words + word) * GROUP + code % GROUP;
  }

  /**
   * Whether a register holds a word of every code of a group, so that estimating all codes takes
   * little longer than comparing them.
   */
  public abstract boolean wide();

  /**
   * Adds weighted distances: {@code distances[i] += weight * hamming(code i, query)}.
   *
   * @param codes word w of code i at {@link #index}
   * @param groups groups of codes
   * @param words words of each code
   * @param query as many words from {@code queryOffset}
   * @param weight at least 1
   * @param distances one for each code of all groups
   */
  public abstract void addDistances(
      long[] codes,
      int groups,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances);

  /**
   * The same where codes are mapped into memory, without copying them: fetching them from memory
   * overlaps with comparing them.
   *
   * @param mapped little-endian; word w of code i at {@code offset + index * 8}
   */
  public abstract void addDistances(
      MemorySegment mapped,
      long offset,
      int groups,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances);

  /**
   * Adds {@code Σⱼ 2ʲ hⱼ}, the distances to all planes of a query at once, where codes are mapped
   * into memory.
   *
   * @param mapped little-endian; word w of code i at {@code offset + index * 8}
   * @param planes word w of plane j at {@code j * words + w}; {@link QueryPlanes#PLANES} planes
   */
  abstract void addPlaneDistances(
      MemorySegment mapped, long offset, int groups, int words, long[] planes, long[] distances);

  /**
   * Computes the distances of codes that are mapped into memory and finds those at or below a
   * threshold, in one pass where codes have the usual 256 bits.
   *
   * @param mapped little-endian; word w of code i at {@code offset + index * 8}
   * @param query as many words
   * @param distances room for all codes of all groups; receives those of the hits, at their
   *     positions; others are undefined
   * @param hits receives the positions of those found in ascending order; as much room
   * @return number of hits
   */
  public abstract int nearest(
      MemorySegment mapped,
      long offset,
      int groups,
      int words,
      long[] query,
      long threshold,
      long[] distances,
      int[] hits);

  /**
   * Finds the distances at or below a threshold.
   *
   * @param hits receives their positions in ascending order; room for {@code count}
   * @return number of hits
   */
  public abstract int select(long[] distances, int count, long threshold, int[] hits);

  /**
   * Finds the estimates at or above a threshold.
   *
   * @param hits receives their positions in ascending order; room for {@code count}
   * @return number of hits
   */
  public abstract int select(float[] estimates, int count, float least, int[] hits);
}
