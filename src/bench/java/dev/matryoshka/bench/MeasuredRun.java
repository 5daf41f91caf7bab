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

import static dev.matryoshka.bench.MarkdownTable.figure;

import dev.matryoshka.search.Cancellation;
import dev.matryoshka.search.Comparison.StageOutcome;
import dev.matryoshka.search.ExecutedFunnel;
import dev.matryoshka.search.ExecutedFunnels;
import dev.matryoshka.search.MatryoshkaQuery;
import dev.matryoshka.search.RecallTarget;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;

/**
 * What one way to search did for all queries of a set.
 *
 * @param shares the recall of each query, ascending
 * @param estimated documents estimated, on average
 * @param scored documents scored at full precision, on average
 * @param predicted recall that searches expected, on average; NaN where stages were spelled out
 * @param micros what a search takes on one thread, the fastest of some, on average
 */
record MeasuredRun(
    double[] shares, float estimated, float scored, double predicted, double micros) {

  private static final int ROUNDS = 3;

  /** Runs searches that aim at a recall. */
  static MeasuredRun aiming(
      VectorIndex index, EmbeddingSet set, Survival survival, RecallTarget target)
      throws IOException {
    return run(index, set, survival, null, target);
  }

  /** Runs searches that do the same for every query. */
  static MeasuredRun keeping(
      VectorIndex index, EmbeddingSet set, Survival survival, int estimated, int scored)
      throws IOException {
    int bits = index.codes(0).bits();
    List<Stage> stages =
        List.of(
            Stage.hamming(bits, estimated),
            Stage.asymmetric(bits, scored),
            Stage.floats(set.dims(), Stage.LAST));
    return run(index, set, survival, stages, null);
  }

  /** Runs searches that score what the nearest codes stand for. */
  static MeasuredRun keeping(VectorIndex index, EmbeddingSet set, Survival survival, int k1)
      throws IOException {
    List<Stage> stages =
        List.of(Stage.hamming(index.codes(0).bits(), k1), Stage.floats(set.dims(), Stage.LAST));
    return run(index, set, survival, stages, null);
  }

  private static MeasuredRun run(
      VectorIndex index,
      EmbeddingSet set,
      Survival survival,
      List<Stage> stages,
      RecallTarget target)
      throws IOException {
    int k = survival.k();
    IndexSearcher searcher = index.searcher();
    int[][] found = new int[set.queries().length][];
    float[] averages = new float[2];
    double predicted = 0;
    Query[] ranked = new Query[found.length];
    long[] least = new long[found.length];
    Arrays.fill(least, Long.MAX_VALUE);
    // Query after query, so that what one has read is not in the cache for its next round.
    for (int round = 0; round < ROUNDS; round++) {
      for (int q = 0; q < found.length; q++) {
        MatryoshkaQuery query =
            new MatryoshkaQuery(
                VectorIndex.FIELD, set.queries()[q], k, null, stages, null, Cancellation.NONE);
        long start = System.nanoTime();
        ranked[q] = searcher.rewrite(target == null ? query : query.aimingAt(target));
        least[q] = Math.min(least[q], System.nanoTime() - start);
      }
    }
    double micros = Arrays.stream(least).average().orElseThrow() / 1e3;
    for (int q = 0; q < found.length; q++) {
      ExecutedFunnel[] executed = new ExecutedFunnel[1];
      ExecutedFunnels.visit(ranked[q], (origin, funnel) -> executed[0] = funnel);
      List<StageOutcome> outcomes = executed[0].stages();
      averages[0] += (float) outcomes.get(outcomes.size() - 2).compared() / found.length;
      averages[1] += (float) outcomes.getLast().compared() / found.length;
      predicted += executed[0].predictedRecall() / found.length;
      ScoreDoc[] hits = searcher.search(ranked[q], k).scoreDocs;
      found[q] = Arrays.stream(hits).mapToInt(hit -> hit.doc).toArray();
    }
    double[] shares = survival.distribution(found, k);
    return new MeasuredRun(shares, averages[0], averages[1], predicted, micros);
  }

  double mean() {
    return Arrays.stream(shares).average().orElseThrow();
  }

  /** The recall that one query in twenty does not exceed. */
  double fifthPercentile() {
    return shares[shares.length / 20];
  }

  String recall() {
    return figure(mean()) + ", " + figure(fifthPercentile());
  }
}
