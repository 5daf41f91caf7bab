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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Recall, latency and throughput, a table for each k. */
final class SearchReport {

  private final List<Target> targets;
  private final Map<SearchCase, List<Searches.Latency>> latencies = new LinkedHashMap<>();
  private final Map<SearchCase, double[]> rates = new LinkedHashMap<>();

  SearchReport(List<Target> targets) {
    this.targets = targets;
  }

  /** Adds what searches with one client took and found on each target. */
  void add(SearchCase search, List<Searches.Latency> measured) {
    latencies.put(search, measured);
  }

  /** Adds how many searches a second each target answered. */
  void add(SearchCase search, double[] measured) {
    rates.put(search, measured);
  }

  void print(PrintStream out) {
    Map<Integer, MarkdownTable> tables = new LinkedHashMap<>();
    Set<SearchCase> searches = new LinkedHashSet<>(latencies.keySet());
    searches.addAll(rates.keySet());
    for (SearchCase search : searches) {
      MarkdownTable table = tables.computeIfAbsent(search.k(), this::table);
      for (int t = 0; t < targets.size(); t++) {
        List<String> figures = new ArrayList<>(latency(search, t));
        if (rates.containsKey(search)) {
          figures.add(String.format(Locale.ROOT, "%,.0f", rates.get(search)[t]));
        }
        table.add(List.of(search.filter().label(), targets.get(t).label()), figures);
      }
    }
    tables.forEach((k, table) -> table.print("The best " + k, out));
  }

  private MarkdownTable table(int k) {
    List<String> header = new ArrayList<>(List.of("filter", "field"));
    if (latencies.isEmpty() == false) {
      header.addAll(
          List.of("recall@" + k, "5th percentile", "p50", "p99", "matryoshka's p50 / this"));
    }
    if (rates.isEmpty() == false) {
      header.add("searches/s, 4 clients");
    }
    return new MarkdownTable(header);
  }

  private List<String> latency(SearchCase search, int target) {
    List<Searches.Latency> measured = latencies.get(search);
    if (measured == null) {
      return List.of();
    }
    Searches.Latency latency = measured.get(target);
    double ours = Double.NaN;
    for (int t = 0; t < targets.size(); t++) {
      if (targets.get(t).index().peer() == Peer.MATRYOSHKA) {
        ours = measured.get(t).millis().median();
      }
    }
    List<String> figures = new ArrayList<>(recall(latency));
    figures.add(millis(latency.millis().median()));
    figures.add(millis(latency.millis().percentile(99)));
    double ratio = ours / latency.millis().median();
    figures.add(Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio));
    return figures;
  }

  static List<String> recall(Searches.Latency latency) {
    return List.of(
        MarkdownTable.figure(latency.recall().mean()),
        MarkdownTable.figure(latency.recall().percentile(5)));
  }

  static String millis(double millis) {
    return String.format(Locale.ROOT, "%.2f ms", millis);
  }
}
