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
package dev.matryoshka.search;

import java.util.Arrays;

/**
 * The best candidates of all segments, and the score that further ones must reach. Thread-safe.
 *
 * <p>Candidates are kept in an array of twice the wanted number that is halved when full: cheaper
 * than a heap, and the score rises nearly as fast.
 */
final class BestScores {

  private final int k;
  private final boolean limited;
  private long[] keys;
  private int size;
  private float least = Float.NEGATIVE_INFINITY;

  /**
   * @param limited whether to keep k only; else everything is kept
   */
  BestScores(int k, boolean limited) {
    this.k = k;
    this.limited = limited;
    this.keys = new long[2 * k];
  }

  /**
   * Adds a candidate.
   *
   * @param key one of {@link CandidateKeys}
   * @return the score that candidates must reach from now on
   */
  synchronized float add(long key) {
    if (size == keys.length) {
      if (limited) {
        CandidateKeys.select(keys, size, k);
        size = k;
        // The selection leaves the worst of those kept in its place.
        least = CandidateKeys.score(keys[k - 1]);
      } else {
        keys = Arrays.copyOf(keys, 2 * size);
      }
    }
    keys[size++] = key;
    return least;
  }

  /** The best, all of them or k, in no order. */
  synchronized long[] keys() {
    if (limited && size > k) {
      CandidateKeys.select(keys, size, k);
      size = k;
    }
    return Arrays.copyOf(keys, size);
  }
}
