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
import dev.matryoshka.bench.peers.PeerOptions.Part;
import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.ServerException;
import dev.matryoshka.terminal.ProgressBar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Compares {@code matryoshka_vector} with the types of {@code dense_vector} on one server, in one
 * run. Started by {@code bin/bench peers}.
 */
public final class PeerBenchmark {

  /**
   * Enough for each field to learn, build and merge what it does, and for the server to compile how
   * it parses: with a fifth of them, the first field to be loaded takes twice as long as if it were
   * the second.
   */
  private static final int WARM_UP_DOCUMENTS = 20_000;

  /** A segment exists twice while it is merged. */
  private static final int COPIES = 2;

  private final PeerOptions options;
  private final PrintStream progress;
  private final PrintStream out;

  private PeerBenchmark(PeerOptions options, PrintStream progress, PrintStream out) {
    this.options = options;
    this.progress = progress;
    this.out = out;
  }

  /** Takes the options that {@code bin/bench peers --help} lists. */
  public static void main(String... args) throws IOException {
    PeerOptions options;
    try {
      options = PeerOptions.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("bin/bench peers: " + e.getMessage());
      System.err.println("Try bin/bench peers --help.");
      System.exit(2);
      return;
    }
    QuietLogging.configure();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream tables = new PrintStream(text, true, StandardCharsets.UTF_8);
    try {
      new PeerBenchmark(options, System.err, tables).run();
    } catch (ServerException e) {
      System.err.println("bin/bench peers: " + e.getMessage());
      System.exit(1);
    }
    String report = text.toString(StandardCharsets.UTF_8);
    new PrintStream(System.out, true, StandardCharsets.UTF_8).print(report);
    if (options.write()) {
      GeneratedPart.replace(GeneratedPart.PERFORMANCE, name(options), report);
    }
  }

  /** What the part of the document is called. */
  private static String name(PeerOptions options) {
    return options.parts().contains(Part.REFRESH) ? "refresh" : "peers " + options.docs();
  }

  private void run() throws IOException {
    EmbeddingSet set = EmbeddingSet.load(options.data(), options.set(), options.queries());
    checkDisk(set.dims());
    Documents documents = Documents.of(set.documents(), options.docs(), progress);
    progress.println("Starting Elasticsearch");
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      RestClient client =
          new RestClient(installation.startNode("bench", Map.of(), options.heap()).http());
      out.printf(
          Locale.ROOT,
          "%n%s; heap of the server %s%n%n%,d documents of %d dims, %,d queries, from the set %s%n",
          Machine.describe(),
          options.heap(),
          options.docs(),
          set.dims(),
          set.queries().length,
          options.set());
      if (options.parts().contains(Part.REFRESH)) {
        new RefreshBenchmark(client, documents, progress).run(options.seconds(), out);
        return;
      }
      try (IndexFiles files = new IndexFiles(installation.directory())) {
        compare(set, documents, client, files);
      }
    }
  }

  private void compare(EmbeddingSet set, Documents documents, RestClient client, IndexFiles files)
      throws IOException {
    ExactAnswers exact = ExactAnswers.compute(documents, set.queries(), progress);
    List<Target> targets = build(documents, client);
    Searches searches = new Searches(set.queries(), exact, progress);
    List<SearchCase> cases = SearchCase.all();
    files.hold(progress);
    if (options.parts().contains(Part.LATENCY) || options.parts().contains(Part.THROUGHPUT)) {
      searches.warmUp(targets, cases);
    }
    SearchReport report = new SearchReport(targets);
    if (options.parts().contains(Part.LATENCY)) {
      Sample nothing = searches.nothing(targets.getFirst().index());
      out.printf(Locale.ROOT, "%nA search that finds nothing takes %.2f ms.%n", nothing.median());
      int steps = cases.size() * searches.queries();
      try (ProgressBar bar = new ProgressBar(progress, "One client", steps, 0)) {
        for (SearchCase search : cases) {
          report.add(search, searches.latencies(targets, search, bar));
        }
      }
    }
    if (options.parts().contains(Part.THROUGHPUT)) {
      int steps = cases.size() * targets.size() * Searches.ROUNDS;
      try (ProgressBar bar = new ProgressBar(progress, "Four", steps, 0)) {
        for (SearchCase search : cases) {
          report.add(search, searches.throughputs(targets, search, bar));
        }
      }
    }
    report.print(out);
    if (options.parts().contains(Part.CURVE)) {
      new RecallCurve(searches, targets, documents.dims(), progress).print(options, out);
    }
  }

  private List<Target> build(Documents documents, RestClient client) throws IOException {
    warmUp(documents, client);
    BuildReport report = new BuildReport(documents.size());
    List<Target> targets = new ArrayList<>();
    for (Peer peer : options.peers()) {
      PeerIndex index = PeerIndex.create(client, peer, documents.dims());
      long start = System.nanoTime();
      try (ProgressBar bar = new ProgressBar(progress, peer.label(), documents.size(), 0)) {
        index.load(documents, bar);
      }
      long loaded = System.nanoTime();
      progress.println("Merging " + peer.label());
      index.merge();
      long merged = System.nanoTime();
      PeerIndex.Size size = index.size();
      if (size.segments() != 1) {
        throw new ServerException(peer.label() + " has " + size.segments() + " segments");
      }
      report.add(
          peer,
          (loaded - start) / 1e9,
          (merged - loaded) / 1e9,
          size,
          peer.firstStageBytes(documents.size(), documents.dims(), size.offHeap()));
      targets.add(new Target(index, Peer.Effort.DEFAULT));
    }
    report.print(out);
    return targets;
  }

  /**
   * Indexes a little into every type, so that the first is not the one that a cold server slows.
   */
  private void warmUp(Documents documents, RestClient client) throws IOException {
    progress.println("Warm-up of indexing");
    for (Peer peer : options.peers()) {
      PeerIndex index = PeerIndex.create(client, peer, documents.dims());
      int count = Math.min(documents.size(), WARM_UP_DOCUMENTS);
      for (int from = 0; from < count; from += PeerIndex.BULK) {
        index.bulk(documents.bulk(from, Math.min(count, from + PeerIndex.BULK)));
        index.refresh();
      }
      index.merge();
      index.delete();
    }
  }

  /** Fails early rather than when the last index is nearly complete. */
  private void checkDisk(int dims) throws IOException {
    Path servers = Path.of(System.getProperty("matryoshka.servers"));
    Files.createDirectories(servers);
    long free = Files.getFileStore(servers).getUsableSpace();
    long index = (long) options.docs() * dims * Float.BYTES * 3 / 2;
    long needed = index * (options.peers().size() + COPIES - 1);
    if (free < needed) {
      throw new ServerException(
          String.format(
              Locale.ROOT,
              "the indices need up to %.1f GB, but %.1f GB are free; take fewer [--fields]",
              needed / 1e9,
              free / 1e9));
    }
  }
}
