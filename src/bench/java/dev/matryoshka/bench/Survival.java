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
package dev.matryoshka.bench;

import java.util.Arrays;
import java.util.List;

/** Which share of the exact best k documents is among the first k1 of a ranking. */
final class Survival {

  private final ExactSearch exact;
  private final int k;
  private final float[] thresholds;

  Survival(ExactSearch exact, int k) {
    this.exact = exact;
    this.k = k;
    this.thresholds = new float[exact.queries()];
    for (int q = 0; q < thresholds.length; q++) {
      thresholds[q] = exact.threshold(q, k);
    }
  }

  int k() {
    return k;
  }

  /**
   * The share of the best k in a ranking that is among its leading documents. A document counts
   * when its exact similarity reaches the k-th best.
   */
  double share(int query, int[] ranking, int length) {
    int hits = 0;
    for (int i = 0; i < Math.min(length, ranking.length); i++) {
      hits += exact.similarity(query, ranking[i]) >= thresholds[query] ? 1 : 0;
    }
    return (double) Math.min(hits, k) / k;
  }

  /**
   * The mean over all queries at each of the cutoffs, NaN below k.
   *
   * @param rankings of each query, as long as the largest cutoff
   */
  double[] means(int[][] rankings, List<Integer> cutoffs) {
    double[] means = new double[cutoffs.size()];
    for (int q = 0; q < rankings.length; q++) {
      for (int c = 0; c < means.length; c++) {
        means[c] += share(q, rankings[q], cutoffs.get(c)) / rankings.length;
      }
    }
    for (int c = 0; c < means.length; c++) {
      means[c] = cutoffs.get(c) < k ? Double.NaN : means[c];
    }
    return means;
  }

  /** The share of each query at one cutoff, ascending. */
  double[] distribution(int[][] rankings, int cutoff) {
    double[] shares = new double[rankings.length];
    Arrays.setAll(shares, q -> share(q, rankings[q], cutoff));
    Arrays.sort(shares);
    return shares;
  }
}
