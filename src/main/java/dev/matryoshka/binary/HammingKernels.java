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
   * Adds weighted distances: {@code distances[i] += weight * hamming(code i, query)}.
   *
   * @param block word w of code i at {@code w * count + i}
   * @param count codes in the block
   * @param words words of each code in the block
   * @param query the query's words for this block, from {@code queryOffset}
   * @param weight at least 1
   */
  public abstract void addDistances(
      long[] block,
      int count,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances);

  /**
   * The same where codes are mapped into memory, without copying them: fetching them from memory
   * overlaps with comparing them.
   *
   * @param mapped little-endian; word w of code i at {@code offset + (w * count + i) * 8}
   */
  public abstract void addDistances(
      MemorySegment mapped,
      long offset,
      int count,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances);

  /**
   * Computes the distances of a block that is mapped into memory and finds those at or below a
   * threshold, in one pass where codes have the usual 256 bits.
   *
   * @param mapped little-endian; word w of code i at {@code offset + (w * count + i) * 8}
   * @param query as many words
   * @param distances receives those of the hits, at their positions; others are undefined
   * @param hits receives the positions of those found in ascending order; room for {@code count}
   * @return number of hits
   */
  public abstract int nearest(
      MemorySegment mapped,
      long offset,
      int count,
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
