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
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;

/**
 * What searches that aim at a recall achieve and what they predict, and what fixed stages of the
 * same cost achieve, which do the same for every query.
 */
final class TargetReport {

  private static final List<Double> TARGETS = List.of(0.9, 0.95, 0.99, 0.999);

  /** Fixed keeps cost the same in all, but spend more or less of it on full precision. */
  private static final List<Double> SPLITS = List.of(0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0);

  /** Estimates that take as long as one comparison at full precision. */
  private static final int ESTIMATES_PER_SCORE = 3;

  private final EmbeddingSet set;
  private final List<Survival> survivals;
  private final PrintStream out;

  TargetReport(EmbeddingSet set, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.survivals = survivals;
    this.out = out;
  }

  /**
   * Prints a table.
   *
   * @param index one segment with default options
   */
  void print(VectorIndex index) throws IOException {
    out.println("\n### Targets");
    MarkdownTable table =
        new MarkdownTable(
            List.of(
                "k",
                "target",
                "recall, 5th percentile",
                "predicted",
                "estimated, scored",
                "best fixed keeps",
                "recall, 5th percentile"));
    for (Survival survival : survivals) {
      for (double target : TARGETS) {
        add(table, index, survival, new RecallTarget(target));
      }
    }
    table.print("Recall by target, documents on average", out);
  }

  private void add(MarkdownTable table, VectorIndex index, Survival survival, RecallTarget target)
      throws IOException {
    int k = survival.k();
    Run aimed = run(index, survival, null, target);
    int estimated = Math.round(aimed.estimated);
    Run best = null;
    String keeps = "";
    for (double split : SPLITS) {
      int scored = Math.max(k, (int) (split * aimed.scored));
      int kept = estimated + ESTIMATES_PER_SCORE * (Math.round(aimed.scored) - scored);
      if (kept < scored) {
        continue;
      }
      List<Stage> stages =
          List.of(
              Stage.hamming(index.codes(0).bits(), kept),
              Stage.asymmetric(index.codes(0).bits(), scored),
              Stage.floats(set.dims(), Stage.LAST));
      Run fixed = run(index, survival, stages, null);
      if (best == null || fixed.mean() > best.mean()) {
        best = fixed;
        keeps = kept + ", " + scored;
      }
    }
    table.add(
        List.of(Integer.toString(k), String.format(Locale.ROOT, "%.3f", target.share())),
        List.of(
            aimed.recall(),
            figure(aimed.predicted),
            estimated + ", " + Math.round(aimed.scored),
            keeps,
            best.recall()));
  }

  /** Averages of one way to search, and the recall of each query, ascending. */
  private record Run(double[] shares, float estimated, float scored, double predicted) {
    double mean() {
      return Arrays.stream(shares).average().orElseThrow();
    }

    String recall() {
      return figure(mean()) + ", " + figure(shares[shares.length / 20]);
    }
  }

  private Run run(VectorIndex index, Survival survival, List<Stage> stages, RecallTarget target)
      throws IOException {
    int k = survival.k();
    IndexSearcher searcher = index.searcher();
    int[][] found = new int[set.queries().length][];
    float[] averages = new float[2];
    double predicted = 0;
    for (int q = 0; q < found.length; q++) {
      MatryoshkaQuery query =
          new MatryoshkaQuery(
              VectorIndex.FIELD, set.queries()[q], k, null, stages, null, Cancellation.NONE);
      Query ranked = searcher.rewrite(target == null ? query : query.aimingAt(target));
      ExecutedFunnel[] executed = new ExecutedFunnel[1];
      ExecutedFunnels.visit(ranked, (origin, funnel) -> executed[0] = funnel);
      List<StageOutcome> outcomes = executed[0].stages();
      averages[0] += (float) outcomes.get(outcomes.size() - 2).compared() / found.length;
      averages[1] += (float) outcomes.getLast().compared() / found.length;
      predicted += executed[0].predictedRecall() / found.length;
      ScoreDoc[] hits = searcher.search(ranked, k).scoreDocs;
      found[q] = Arrays.stream(hits).mapToInt(hit -> hit.doc).toArray();
    }
    return new Run(survival.distribution(found, k), averages[0], averages[1], predicted);
  }
}
