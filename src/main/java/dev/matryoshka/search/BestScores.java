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

import dev.matryoshka.codec.CandidateKeys;
import java.io.IOException;
import java.util.Arrays;

/**
 * The best candidates of all segments, and the score that further ones must reach. Thread-safe.
 *
 * <p>Candidates are kept in an array of twice the wanted number that is thinned out when full:
 * cheaper than a heap, and the score rises nearly as fast.
 */
final class BestScores {

  private final int k;
  private final Selection selection;
  private final long[] keys;
  private int size;
  private float least = Float.NEGATIVE_INFINITY;

  /** Which of the candidates are the best. */
  interface Selection {
    /** The best by score. */
    Selection BY_SCORE =
        (keys, size, k) -> {
          if (size <= k) {
            return size;
          }
          CandidateKeys.select(keys, size, k);
          return k;
        };

    /**
     * Moves the best to the front, the worst of them last. What it leaves out now it must leave out
     * whatever comes later.
     *
     * @param keys some of {@link CandidateKeys}, reordered
     * @param size how many there are
     * @return how many are kept, at most k
     */
    int select(long[] keys, int size, int k) throws IOException;
  }

  BestScores(int k, Selection selection) {
    this.k = k;
    this.selection = selection;
    this.keys = new long[2 * k];
  }

  /**
   * Adds a candidate.
   *
   * @param key one of {@link CandidateKeys}
   * @return the score that candidates must reach from now on
   */
  synchronized float add(long key) throws IOException {
    if (size == keys.length) {
      size = selection.select(keys, size, k);
      if (size == k) {
        least = CandidateKeys.score(keys[k - 1]);
      }
    }
    keys[size++] = key;
    return least;
  }

  /** The best, at most k, in no order. */
  synchronized long[] keys() throws IOException {
    size = selection.select(keys, size, k);
    return Arrays.copyOf(keys, size);
  }
}
