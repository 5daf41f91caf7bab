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

import dev.matryoshka.search.Funnel;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.lucene.index.VectorSimilarityFunction;

/** Where the default funnel loses hits, and whether the coarse ranking of a query foretells it. */
final class LossReport {

  private static final int COARSE_DEPTH = 1000;
  private static final int COARSE_KEEP = 100;
  private static final double BIN = 0.1;

  private final EmbeddingSet set;
  private final ExactSearch exact;
  private final List<Survival> survivals;
  private final PrintStream out;

  LossReport(EmbeddingSet set, ExactSearch exact, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.exact = exact;
    this.survivals = survivals;
    this.out = out;
  }

  /**
   * Prints tables.
   *
   * @param index one segment with default options
   */
  void print(VectorIndex index) throws IOException {
    out.println("\n### Loss by stage, and rank correlation");
    MarkdownTable losses =
        new MarkdownTable(List.of("k", "stage", "keep", "share of the exact top k lost in it"));
    for (Survival survival : survivals) {
      addLosses(losses, index, survival);
    }
    losses.print("Default funnel", out);
    printCorrelation(new CodeRankings(index.codes(0), set.queries(), COARSE_DEPTH).hamming(0));
  }

  /**
   * Runs the funnel up to each stage and compares all its survivors at full precision: what is
   * missing after a stage but not before was lost in it.
   */
  private void addLosses(MarkdownTable table, VectorIndex index, Survival survival)
      throws IOException {
    int k = survival.k();
    List<Stage> stages =
        Funnel.defaults(VectorSimilarityFunction.COSINE, set.dims(), index.codes(0).bits(), k, null)
            .stages();
    double before = 1;
    for (int i = 0; i < stages.size(); i++) {
      List<Stage> upTo = new ArrayList<>(stages.subList(0, i + 1));
      Stage stage = stages.get(i);
      int keep = Math.min(stage.keep() == Stage.LAST ? k : stage.keep(), exact.documents());
      if (stage.keep() != Stage.LAST) {
        upTo.add(stages.getLast());
      }
      int[][] found = FunnelSearcher.search(index, set.queries(), keep, upTo);
      double after = survival.means(found, List.of(keep))[0];
      table.add(
          List.of(Integer.toString(k), stage.label(), Integer.toString(keep)),
          List.of(String.format(Locale.ROOT, "%.4f", before - after)));
      before = after;
    }
  }

  private void printCorrelation(int[][] coarse) {
    double[] correlations = new double[coarse.length];
    for (int q = 0; q < coarse.length; q++) {
      int query = q;
      double[] similarities =
          Arrays.stream(coarse[q]).mapToDouble(d -> exact.similarity(query, d)).toArray();
      correlations[q] = RankCorrelation.spearman(similarities);
    }
    double[] sorted = correlations.clone();
    Arrays.sort(sorted);
    MarkdownTable distribution =
        new MarkdownTable(
            List.of("min", "5th percentile", "25th", "median", "75th", "95th", "max", "mean"));
    List<String> figures = new ArrayList<>();
    for (double share : new double[] {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1}) {
      figures.add(figure(sorted[(int) Math.round(share * (sorted.length - 1))]));
    }
    figures.add(figure(Arrays.stream(sorted).average().orElseThrow()));
    distribution.add(List.of(), figures);
    distribution.print(
        "Spearman's ρ between Hamming and exact order of the nearest " + coarse[0].length, out);
    printBins(coarse, correlations);
  }

  private void printBins(int[][] coarse, double[] correlations) {
    Survival survival = survivals.getFirst();
    MarkdownTable bins =
        new MarkdownTable(List.of("ρ", "queries", "mean recall", "share below 0.5"));
    for (int bin = (int) Math.floor(-1 / BIN); bin * BIN < 1; bin++) {
      double from = bin * BIN;
      double[] shares =
          IntStream.range(0, coarse.length)
              .filter(q -> correlations[q] >= from && correlations[q] < from + BIN)
              .mapToDouble(q -> survival.share(q, coarse[q], COARSE_KEEP))
              .toArray();
      if (shares.length > 0) {
        bins.add(
            List.of(String.format(Locale.ROOT, "%.1f to %.1f", from, from + BIN)),
            List.of(
                Integer.toString(shares.length),
                figure(Arrays.stream(shares).average().orElseThrow()),
                figure(
                    (double) Arrays.stream(shares).filter(s -> s < 0.5).count() / shares.length)));
      }
    }
    bins.print(
        "Share of the exact top " + survival.k() + " in the Hamming top " + COARSE_KEEP + ", by ρ",
        out);
  }
}
