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
package dev.matryoshka.bench.peers;

import dev.matryoshka.bench.MarkdownTable;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Latencies with sampling off, off again, and on, and how sure their differences are. */
final class SamplingReport {

  /** How searches ran. */
  enum Way {
    OFF,
    OFF_AGAIN,
    ON
  }

  /** Times that rounds are drawn anew, to see how much the outcome depends on them. */
  private static final int RESAMPLES = 1000;

  private static final List<Integer> PERCENTILES = List.of(50, 99);

  private final double rate;
  private final double[][][] millis;

  SamplingReport(double rate, int rounds, int searches) {
    this.rate = rate;
    this.millis = new double[Way.values().length][rounds][searches];
  }

  /** Adds what a search took. */
  void add(Way way, int round, int search, double took) {
    millis[way.ordinal()][round][search] = took;
  }

  void print(PrintStream out) {
    int rounds = millis[0].length;
    MarkdownTable table = new MarkdownTable(List.of("sampling", "p50", "change", "p99", "change"));
    int[] all = new int[rounds];
    Arrays.setAll(all, round -> round);
    for (Way way : Way.values()) {
      Sample sample = new Sample(of(way, all));
      String label =
          switch (way) {
            case OFF -> "off";
            case OFF_AGAIN -> "off again";
            case ON -> String.format(Locale.ROOT, "%.4g %%", 100 * rate);
          };
      table.add(
          List.of(label),
          PERCENTILES.stream()
              .flatMap(
                  percentile ->
                      List.of(
                          String.format(Locale.ROOT, "%.3f ms", sample.percentile(percentile)),
                          way == Way.OFF ? "" : change(way, percentile, all))
                          .stream())
              .toList());
    }
    table.print(
        String.format(
            Locale.ROOT,
            "%,d searches each, changes with 95 %% intervals",
            rounds * millis[0][0].length),
        out);
  }

  private String change(Way way, int percentile, int[] all) {
    double[] changes = new double[RESAMPLES];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < RESAMPLES; i++) {
      int[] drawn = new int[all.length];
      Arrays.setAll(drawn, round -> random.nextInt(all.length));
      changes[i] = changeOf(way, percentile, drawn);
    }
    Arrays.sort(changes);
    return String.format(
        Locale.ROOT,
        "%+.1f %% (%+.1f to %+.1f)",
        100 * changeOf(way, percentile, all),
        100 * changes[RESAMPLES / 40],
        100 * changes[RESAMPLES - 1 - RESAMPLES / 40]);
  }

  /** Compares with sampling off in the same rounds. */
  private double changeOf(Way way, int percentile, int[] rounds) {
    double[] off = of(Way.OFF, rounds);
    if (way == Way.ON) {
      double[] again = of(Way.OFF_AGAIN, rounds);
      off = Arrays.copyOf(off, off.length + again.length);
      System.arraycopy(again, 0, off, off.length - again.length, again.length);
    }
    return new Sample(of(way, rounds)).percentile(percentile)
            / new Sample(off).percentile(percentile)
        - 1;
  }

  private double[] of(Way way, int[] rounds) {
    return Arrays.stream(rounds)
        .mapToObj(round -> millis[way.ordinal()][round])
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }
}
