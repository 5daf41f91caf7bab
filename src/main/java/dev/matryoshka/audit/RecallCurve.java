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
package dev.matryoshka.audit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Recall against the number of documents that the first stage keeps in each shard, if no later
 * stage lost any: what a wider or a narrower first stage would do. Immutable.
 */
final class RecallCurve {

  private final int[] ranks;

  /**
   * @param results of all queries for one k
   */
  RecallCurve(List<QueryResult> results) {
    int count = results.stream().mapToInt(result -> result.firstStageRanks().length).sum();
    ranks = new int[count];
    int to = 0;
    for (QueryResult result : results) {
      System.arraycopy(result.firstStageRanks(), 0, ranks, to, result.firstStageRanks().length);
      to += result.firstStageRanks().length;
    }
    Arrays.sort(ranks);
  }

  boolean isEmpty() {
    return ranks.length == 0;
  }

  /** Share of all expected documents that a first stage keeping {@code k1} lets pass. */
  double recall(int k1) {
    int low = 0;
    int high = ranks.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ranks[middle] <= k1) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return (double) low / ranks.length;
  }

  /** The least number to keep that reaches a share, 0 to 1. */
  int leastKeep(double share) {
    int needed = (int) Math.ceil(share * ranks.length - 1e-9);
    return ranks[Math.max(0, needed - 1)];
  }

  /** Points at 1, 2 and 5 times powers of ten from k on, up to the first that loses nothing. */
  List<AuditReport.CurvePoint> points(int k) {
    List<AuditReport.CurvePoint> points = new ArrayList<>();
    points.add(new AuditReport.CurvePoint(k, recall(k)));
    int[] steps = {1, 2, 5};
    long power = 1;
    for (int i = 0; points.getLast().recall() < 1; i++) {
      long k1 = steps[i % steps.length] * power;
      if (k1 > k) {
        points.add(new AuditReport.CurvePoint((int) k1, recall((int) k1)));
      }
      power *= i % steps.length == steps.length - 1 ? 10 : 1;
    }
    return points;
  }
}
