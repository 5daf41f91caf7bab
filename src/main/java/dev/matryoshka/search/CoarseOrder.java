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
import java.util.Arrays;

/** Orders candidates by what the first stage thinks of them. Stateless. */
final class CoarseOrder {

  /** More different distances than this are sorted by comparing. */
  private static final int MOST_DISTANCES = 1 << 12;

  private CoarseOrder() {}

  /**
   * Indices by descending score, ties to the lowest index. Scores of a Hamming stage are whole
   * numbers in a short range, which are counted instead of compared.
   *
   * @param scores finite
   */
  static int[] of(float[] scores) {
    float best = Float.NEGATIVE_INFINITY;
    float worst = Float.POSITIVE_INFINITY;
    boolean whole = true;
    for (float score : scores) {
      best = Math.max(best, score);
      worst = Math.min(worst, score);
      whole &= score == (int) score;
    }
    return whole && best - worst < MOST_DISTANCES
        ? counted(scores, (int) best, (int) worst)
        : compared(scores);
  }

  private static int[] counted(float[] scores, int best, int worst) {
    int[] ends = new int[scores.length == 0 ? 1 : best - worst + 2];
    for (float score : scores) {
      ends[best - (int) score + 1]++;
    }
    for (int i = 1; i < ends.length; i++) {
      ends[i] += ends[i - 1];
    }
    int[] order = new int[scores.length];
    for (int i = 0; i < scores.length; i++) {
      order[ends[best - (int) scores[i]]++] = i;
    }
    return order;
  }

  private static int[] compared(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = CandidateKeys.of(scores[i], i);
    }
    Arrays.sort(keys);
    int[] order = new int[keys.length];
    for (int i = 0; i < keys.length; i++) {
      order[i] = CandidateKeys.doc(keys[i]);
    }
    return order;
  }
}
