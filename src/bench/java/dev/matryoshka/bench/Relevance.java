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

/** How good rankings are by what people judged relevant, not by what exact search finds. */
final class Relevance {

  private final List<int[]> relevant;

  Relevance(List<int[]> relevant) {
    this.relevant = relevant;
  }

  /** The mean share of the relevant documents that is among the first k. */
  double recall(int[][] rankings, int k) {
    double sum = 0;
    int judged = 0;
    for (int q = 0; q < rankings.length; q++) {
      int[] wanted = relevant.get(q);
      if (wanted.length > 0) {
        judged++;
        sum +=
            (double) Arrays.stream(rankings[q]).limit(k).filter(d -> in(d, wanted)).count()
                / wanted.length;
      }
    }
    return sum / judged;
  }

  /** The mean normalised discounted cumulative gain of the first k, relevance being yes or no. */
  double ndcg(int[][] rankings, int k) {
    double sum = 0;
    int judged = 0;
    for (int q = 0; q < rankings.length; q++) {
      int[] wanted = relevant.get(q);
      if (wanted.length == 0) {
        continue;
      }
      judged++;
      double gain = 0;
      double ideal = 0;
      for (int rank = 0; rank < Math.min(k, rankings[q].length); rank++) {
        double discounted = 1 / (Math.log(rank + 2) / Math.log(2));
        gain += in(rankings[q][rank], wanted) ? discounted : 0;
        ideal += rank < wanted.length ? discounted : 0;
      }
      sum += gain / ideal;
    }
    return sum / judged;
  }

  private static boolean in(int document, int[] wanted) {
    return Arrays.stream(wanted).anyMatch(d -> d == document);
  }
}
