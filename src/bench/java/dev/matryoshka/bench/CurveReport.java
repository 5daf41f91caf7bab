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

import dev.matryoshka.search.RecallTarget;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Recall over work, of searches that aim at a recall and of those that keep the same numbers for
 * every query. Of the latter, for each amount of work, those keeps whose mean recall is best: who
 * does not know the queries cannot choose as well.
 */
final class CurveReport {

  private static final List<Double> TARGETS = List.of(0.8, 0.9, 0.95, 0.98, 0.99, 0.999);

  /** Shares of the work that go into comparisons at full precision. */
  private static final List<Double> SPLITS = List.of(0.3, 0.4, 0.5, 0.6, 0.7);

  private static final String UNIT = "documents scored, and a third of those estimated";

  private final EmbeddingSet set;
  private final List<Survival> survivals;
  private final PrintStream out;

  CurveReport(EmbeddingSet set, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.survivals = survivals;
    this.out = out;
  }

  /** A picture of a curve. */
  record Picture(int k, String svg) {}

  /**
   * Prints tables.
   *
   * @param index one segment with default options
   */
  List<Picture> print(VectorIndex index, String title) throws IOException {
    List<Picture> pictures = new ArrayList<>();
    for (Survival survival : survivals) {
      int k = survival.k();
      MarkdownTable table =
          new MarkdownTable(
              List.of(
                  "target",
                  "estimated, scored",
                  "work",
                  "recall",
                  "5th percentile",
                  "fixed keeps",
                  "recall",
                  "5th percentile"));
      RecallPlot plot = new RecallPlot(UNIT);
      for (double share : TARGETS) {
        MeasuredRun aimed = MeasuredRun.aiming(index, set, survival, new RecallTarget(share));
        MeasuredRun fixed = best(index, survival, aimed.work());
        table.add(
            List.of(
                String.format(Locale.ROOT, "%.3f", share),
                keeps(aimed),
                Long.toString(Math.round(aimed.work()))),
            List.of(
                figure(aimed.mean()),
                figure(aimed.fifthPercentile()),
                keeps(fixed),
                figure(fixed.mean()),
                figure(fixed.fifthPercentile())));
        add(plot, "target", aimed);
        add(plot, "fixed", fixed);
      }
      table.print("Recall@" + k + " by work, " + title, out);
      pictures.add(new Picture(k, plot.draw("Recall@" + k + ", " + title)));
    }
    return pictures;
  }

  private static void add(RecallPlot plot, String way, MeasuredRun run) {
    plot.add(way + ", mean", run.work(), run.mean());
    plot.add(way + ", 5th perc.", run.work(), run.fifthPercentile());
  }

  private static String keeps(MeasuredRun run) {
    return Math.round(run.estimated()) + ", " + Math.round(run.scored());
  }

  private MeasuredRun best(VectorIndex index, Survival survival, double work) throws IOException {
    List<MeasuredRun> runs = new ArrayList<>();
    for (double split : SPLITS) {
      int scored = (int) Math.round(split * work);
      int estimated = (int) Math.round((work - scored) * MeasuredRun.ESTIMATES_PER_SCORE);
      if (scored >= survival.k() && estimated >= scored) {
        runs.add(MeasuredRun.keeping(index, set, survival, estimated, scored));
      }
    }
    return runs.stream().max(Comparator.comparingDouble(MeasuredRun::mean)).orElseThrow();
  }
}
