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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Recall, latency and throughput, a table for each k. */
final class SearchReport {

  private final Map<Integer, MarkdownTable> tables = new TreeMap<>();

  /**
   * Adds what one case measured.
   *
   * @param latencies of each target, or null when not measured
   * @param rates searches a second on each target, or null when not measured
   */
  void add(
      SearchCase search, List<Target> targets, List<Searches.Latency> latencies, double[] rates) {
    MarkdownTable table =
        tables.computeIfAbsent(
            search.k(),
            k ->
                new MarkdownTable(
                    List.of(
                        "filter",
                        "field",
                        "recall@" + k,
                        "5th percentile",
                        "p50",
                        "p99",
                        "p50 of matryoshka / this",
                        "searches/s, 4 clients")));
    double ours = Double.NaN;
    for (int t = 0; t < targets.size(); t++) {
      if (latencies != null && targets.get(t).index().peer() == Peer.MATRYOSHKA) {
        ours = latencies.get(t).millis().median();
      }
    }
    for (int t = 0; t < targets.size(); t++) {
      List<String> figures = new ArrayList<>();
      if (latencies == null) {
        figures.addAll(List.of("", "", "", "", ""));
      } else {
        Searches.Latency latency = latencies.get(t);
        figures.addAll(recall(latency));
        figures.add(millis(latency.millis().median()));
        figures.add(millis(latency.millis().percentile(99)));
        figures.add(String.format(Locale.ROOT, "%.2f", ours / latency.millis().median()));
      }
      figures.add(rates == null ? "" : String.format(Locale.ROOT, "%,.0f", rates[t]));
      table.add(List.of(search.filter().label(), targets.get(t).label()), figures);
    }
  }

  static List<String> recall(Searches.Latency latency) {
    return List.of(
        MarkdownTable.figure(latency.recall().mean()),
        MarkdownTable.figure(latency.recall().percentile(5)));
  }

  static String millis(double millis) {
    return String.format(Locale.ROOT, "%.2f ms", millis);
  }

  void print(PrintStream out) {
    tables.forEach((k, table) -> table.print("Searches for " + k, out));
  }
}
