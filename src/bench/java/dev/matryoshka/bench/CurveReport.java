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
 * Recall over time, of searches that aim at a recall and of those that keep the same numbers for
 * every query: one, of codes by distance, whose vectors are all scored, or two, the second one of
 * codes by their estimates. Of many keeps, those are shown that take no longer and whose mean
 * recall is best: who does not know the queries cannot choose as well.
 */
final class CurveReport {

  private static final List<Double> TARGETS = List.of(0.8, 0.9, 0.95, 0.98, 0.99, 0.999);

  /** Of documents estimated, one in so many is scored. */
  private static final List<Integer> SPLITS = List.of(2, 4, 8, 16);

  /** Each of the keeps is so many times the one before. */
  private static final double STEP = Math.sqrt(2);

  private static final String UNIT = "microseconds in the shard, one thread";

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
                  "µs",
                  "recall",
                  "5th percentile",
                  "fixed k1",
                  "recall",
                  "5th percentile",
                  "k1 of as many scored",
                  "two fixed keeps",
                  "recall",
                  "5th percentile"));
      RecallPlot plot = new RecallPlot(UNIT);
      List<MeasuredRun> aims = new ArrayList<>();
      for (int pass = 0; pass < 2; pass++) {
        // The first one is to warm up.
        aims.clear();
        for (double share : TARGETS) {
          aims.add(MeasuredRun.aiming(index, set, survival, new RecallTarget(share)));
        }
      }
      double longest = aims.stream().mapToDouble(MeasuredRun::micros).max().orElseThrow();
      List<MeasuredRun> one = ofOne(index, survival, longest);
      List<MeasuredRun> two = ofTwo(index, survival, longest);
      for (int t = 0; t < TARGETS.size(); t++) {
        MeasuredRun aimed = aims.get(t);
        MeasuredRun bestOfOne = best(one, aimed.micros());
        int scored = Math.round(aimed.scored());
        MeasuredRun asMany = MeasuredRun.keeping(index, set, survival, scored);
        MeasuredRun bestOfTwo = best(two, aimed.micros());
        table.add(
            List.of(
                String.format(Locale.ROOT, "%.3f", TARGETS.get(t)),
                keeps(aimed),
                Long.toString(Math.round(aimed.micros()))),
            List.of(
                figure(aimed.mean()),
                figure(aimed.fifthPercentile()),
                Long.toString(Math.round(bestOfOne.scored())),
                figure(bestOfOne.mean()),
                figure(bestOfOne.fifthPercentile()),
                figure(asMany.mean()),
                keeps(bestOfTwo),
                figure(bestOfTwo.mean()),
                figure(bestOfTwo.fifthPercentile())));
        add(plot, "target", aimed);
        add(plot, "k1", bestOfOne);
        add(plot, "two keeps", bestOfTwo);
      }
      table.print("Recall@" + k + " by time, " + title, out);
      pictures.add(new Picture(k, plot.draw("Recall@" + k + ", " + title)));
    }
    return pictures;
  }

  private static void add(RecallPlot plot, String way, MeasuredRun run) {
    plot.add(way + ", mean", run.micros(), run.mean());
    plot.add(way + ", 5th perc.", run.micros(), run.fifthPercentile());
  }

  private static String keeps(MeasuredRun run) {
    return Math.round(run.estimated()) + ", " + Math.round(run.scored());
  }

  private static MeasuredRun best(List<MeasuredRun> runs, double micros) {
    return runs.stream()
        .filter(run -> run.micros() <= micros)
        .max(Comparator.comparingDouble(MeasuredRun::mean))
        .orElse(runs.getFirst());
  }

  /** Those that take no longer than so many microseconds; the first one in any case. */
  private List<MeasuredRun> ofOne(VectorIndex index, Survival survival, double longest)
      throws IOException {
    int most = index.searcher().getIndexReader().maxDoc();
    List<MeasuredRun> runs = new ArrayList<>();
    for (double k1 = survival.k(); k1 < most; k1 *= STEP) {
      MeasuredRun run = MeasuredRun.keeping(index, set, survival, (int) Math.round(k1));
      if (run.micros() > longest && runs.isEmpty() == false) {
        break;
      }
      runs.add(run);
    }
    return runs;
  }

  /** The same for two keeps. */
  private List<MeasuredRun> ofTwo(VectorIndex index, Survival survival, double longest)
      throws IOException {
    int most = index.searcher().getIndexReader().maxDoc();
    List<MeasuredRun> runs = new ArrayList<>();
    for (int split : SPLITS) {
      for (double scored = survival.k(); scored * split < most; scored *= STEP) {
        int keep = (int) Math.round(scored);
        MeasuredRun run = MeasuredRun.keeping(index, set, survival, split * keep, keep);
        if (run.micros() > longest && runs.isEmpty() == false) {
          break;
        }
        runs.add(run);
      }
    }
    return runs;
  }
}
