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

import dev.matryoshka.bench.GeneratedPart;
import dev.matryoshka.bench.MarkdownTable;
import dev.matryoshka.bench.RecallPlot;
import dev.matryoshka.terminal.ProgressBar;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** What more effort buys in recall and costs in time, for the best ten without a filter. */
final class RecallCurve {

  private static final SearchCase SEARCH = new SearchCase(10, Filter.NONE);

  private final Searches searches;
  private final PrintStream progress;
  private final List<Target> targets = new ArrayList<>();

  RecallCurve(Searches searches, List<Target> indices, int dims, PrintStream progress) {
    this.searches = searches;
    this.progress = progress;
    for (Target target : indices) {
      for (Peer.Effort effort : target.index().peer().efforts(dims)) {
        targets.add(new Target(target.index(), effort));
      }
    }
  }

  void print(PeerOptions options, PrintStream out) throws IOException {
    searches.warmUp(targets, List.of(SEARCH));
    List<Searches.Latency> latencies;
    try (ProgressBar bar = new ProgressBar(progress, "Efforts", searches.queries(), 0)) {
      latencies = searches.latencies(targets, SEARCH, bar);
    }
    MarkdownTable table =
        new MarkdownTable(List.of("field", "effort", "recall@10", "5th percentile", "p50"));
    RecallPlot plot = new RecallPlot("milliseconds");
    for (int t = 0; t < targets.size(); t++) {
      Target target = targets.get(t);
      Searches.Latency latency = latencies.get(t);
      List<String> figures = new ArrayList<>(SearchReport.recall(latency));
      figures.add(SearchReport.millis(latency.millis().median()));
      table.add(List.of(target.label(), target.effort().label()), figures);
      plot.add(target.label(), latency.millis().median(), latency.recall().mean());
    }
    table.print("What effort buys", out);
    if (options.write()) {
      String file = "performance-" + options.docs() + ".svg";
      String svg = plot.draw("Recall@10 and p50 latency, %,d documents".formatted(options.docs()));
      Files.writeString(GeneratedPart.PERFORMANCE.resolveSibling(file), svg);
      out.println("\n![Recall and latency](" + file + ")");
    }
  }
}
