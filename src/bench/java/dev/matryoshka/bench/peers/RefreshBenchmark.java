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
import dev.matryoshka.server.RestClient;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Indexes as fast as one client can while another refreshes every second, as an index with a
 * refresh interval of a second does by itself, and times the refreshes. A turn ends early when
 * there are no more documents. Fields take turns, each on a new index, in an order that treats both
 * alike.
 */
final class RefreshBenchmark {

  private static final List<Peer> TURNS =
      List.of(Peer.FLAT, Peer.MATRYOSHKA, Peer.MATRYOSHKA, Peer.FLAT);
  private static final int BULK = 250;

  private final RestClient client;
  private final Documents documents;
  private final PrintStream progress;

  RefreshBenchmark(RestClient client, Documents documents, PrintStream progress) {
    this.client = client;
    this.documents = documents;
    this.progress = progress;
  }

  void run(int seconds, PrintStream out) throws IOException {
    MarkdownTable table =
        new MarkdownTable(
            List.of(
                "field",
                "documents",
                "documents/s",
                "refreshes",
                "p50",
                "p95",
                "longest",
                "segments"));
    // The first turn would pay for what the server compiles.
    progress.println("Warm-up");
    for (Peer peer : List.of(Peer.FLAT, Peer.MATRYOSHKA)) {
      turn(peer, Math.max(1, seconds / 3));
    }
    for (Peer peer : TURNS) {
      progress.println("Indexing into " + peer.label());
      table.add(List.of(peer.label()), turn(peer, seconds));
    }
    table.print("Indexing with a refresh every second, at most " + seconds + " s each", out);
  }

  private List<String> turn(Peer peer, int seconds) throws IOException {
    PeerIndex index = PeerIndex.create(client, peer, documents.dims());
    List<Double> refreshes = new ArrayList<>();
    int done = 0;
    long start = System.nanoTime();
    double elapsed = 0;
    try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
      clock.scheduleAtFixedRate(() -> refreshes.add(refresh(index)), 1, 1, TimeUnit.SECONDS);
      while (elapsed < seconds && done < documents.size()) {
        int to = Math.min(documents.size(), done + BULK);
        index.bulk(documents.bulk(done, to));
        done = to;
        elapsed = (System.nanoTime() - start) / 1e9;
      }
    }
    Sample millis = new Sample(refreshes.stream().mapToDouble(Double::doubleValue).toArray());
    int segments = index.size().segments();
    index.delete();
    return List.of(
        String.format(Locale.ROOT, "%,d", done),
        String.format(Locale.ROOT, "%,.0f", done / elapsed),
        Integer.toString(refreshes.size()),
        SearchReport.millis(millis.median()),
        SearchReport.millis(millis.percentile(95)),
        SearchReport.millis(millis.percentile(100)),
        Integer.toString(segments));
  }

  private static double refresh(PeerIndex index) {
    long start = System.nanoTime();
    index.refresh();
    return (System.nanoTime() - start) / 1e6;
  }
}
