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

import dev.matryoshka.bench.EmbeddingSet;
import dev.matryoshka.bench.GeneratedPart;
import dev.matryoshka.bench.Machine;
import dev.matryoshka.bench.QuietLogging;
import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.ServerException;
import dev.matryoshka.terminal.ProgressBar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * What live sampling costs the searches of others. One index is searched in turns with sampling
 * off, off again, and on, some hundreds of searches at a time: taking turns search by search would
 * spread what a comparison in the background costs over all three. Between the two that are off
 * there is nothing but noise. Started by {@code bin/bench sampling}.
 */
public final class SamplingBenchmark {

  private static final String RATE = "index.matryoshka.recall_sampling.rate";
  private static final SearchCase SEARCH = new SearchCase(10, Filter.NONE);

  /** Searches of one turn that are measured, and those before them that are not. */
  private static final int TURN = 500;

  private static final int UNMEASURED = 30;
  private static final int WARM_UP = 3000;

  private final SamplingOptions options;
  private final PrintStream progress;

  private SamplingBenchmark(SamplingOptions options, PrintStream progress) {
    this.options = options;
    this.progress = progress;
  }

  /** Takes the options that {@code bin/bench sampling --help} lists. */
  public static void main(String... args) throws IOException {
    SamplingOptions options;
    try {
      options = SamplingOptions.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("bin/bench sampling: " + e.getMessage());
      System.err.println("Try bin/bench sampling --help.");
      System.exit(2);
      return;
    }
    QuietLogging.configure();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      new SamplingBenchmark(options, System.err)
          .run(new PrintStream(text, true, StandardCharsets.UTF_8));
    } catch (ServerException e) {
      System.err.println("bin/bench sampling: " + e.getMessage());
      System.exit(1);
    }
    String report = text.toString(StandardCharsets.UTF_8);
    new PrintStream(System.out, true, StandardCharsets.UTF_8).print(report);
    if (options.write()) {
      GeneratedPart.replace(GeneratedPart.RECALL, "sampling", report);
    }
  }

  private void run(PrintStream out) throws IOException {
    EmbeddingSet set = EmbeddingSet.load(options.data(), options.set(), Integer.MAX_VALUE);
    Documents documents = Documents.of(set.documents(), options.docs(), progress);
    progress.println("Starting Elasticsearch");
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      RestClient client =
          new RestClient(installation.startNode("bench", Map.of(), options.heap()).http());
      PeerIndex index = PeerIndex.create(client, Peer.MATRYOSHKA, documents.dims());
      try (ProgressBar bar = new ProgressBar(progress, "Indexing", documents.size(), 0)) {
        index.load(documents, bar);
      }
      index.merge();
      String[] vectors = Arrays.stream(set.queries()).map(Documents::base64).toArray(String[]::new);
      SamplingReport report = measure(new Target(index, Peer.Effort.DEFAULT), vectors);
      out.printf(
          Locale.ROOT,
          "%n%s; heap of the server %s; %,d documents of %d dims, one client%n",
          Machine.describe(),
          options.heap(),
          options.docs(),
          documents.dims());
      report.print(out);
      var stats = index.matryoshkaStats();
      out.printf(
          Locale.ROOT,
          "%nOf the searches with sampling on, those of the warm-up included, %d were compared and %d skipped for lack of time.%n",
          stats.<Integer>evaluate("_all.live_recall.sampled"),
          stats.<Integer>evaluate("_all.live_recall.skipped"));
    }
  }

  private SamplingReport measure(Target target, String[] vectors) {
    int rounds = (options.searches() + TURN - 1) / TURN;
    SamplingReport report = new SamplingReport(options.rate(), rounds, TURN);
    // So that comparisons are compiled too.
    target.index().set(RATE, 1);
    try (ProgressBar bar = new ProgressBar(progress, "Warm-up", WARM_UP, 0)) {
      for (int i = 0; i < WARM_UP; i++) {
        search(target, vectors[i % vectors.length]);
        bar.advance(1);
      }
    }
    int ways = SamplingReport.Way.values().length;
    try (ProgressBar bar = new ProgressBar(progress, "Searching", rounds * ways, 0)) {
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < ways; i++) {
          SamplingReport.Way way = SamplingReport.Way.values()[(round + i) % ways];
          target.index().set(RATE, way == SamplingReport.Way.ON ? options.rate() : 0);
          for (int s = -UNMEASURED; s < TURN; s++) {
            // Every way runs the same queries.
            int query = (round * TURN + s + UNMEASURED) % vectors.length;
            double millis = search(target, vectors[query]);
            if (s >= 0) {
              report.add(way, round, s, millis);
            }
          }
          bar.advance(1);
        }
      }
    }
    return report;
  }

  private static double search(Target target, String vector) {
    String body = target.body(vector, SEARCH);
    long start = System.nanoTime();
    target.index().search(body);
    return (System.nanoTime() - start) / 1e6;
  }
}
