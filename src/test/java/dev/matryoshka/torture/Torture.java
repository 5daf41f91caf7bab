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
package dev.matryoshka.torture;

import dev.matryoshka.server.RestResponse;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * {@code bin/torture}: faults, one after the other, on a cluster that clients keep using. At the
 * end every acknowledged document must be there with its vector to the last bit, on every copy, and
 * searches for everything above a similarity and exact searches must find what brute force does.
 */
public final class Torture {

  private final TestCluster cluster;
  private final Random random;
  private final Load load;
  private final Map<String, Integer> survived = new TreeMap<>();
  private int fields;
  private int snapshots;

  private interface Fault {
    void happen() throws InterruptedException;
  }

  private record NamedFault(String name, Fault fault) {}

  private Torture(TestCluster cluster, Load load, long seed) {
    this.cluster = cluster;
    this.load = load;
    this.random = new Random(seed);
  }

  /**
   * Runs the command.
   *
   * @param args --minutes M, --seed S, each optional
   */
  public static void main(String[] args) throws InterruptedException {
    int minutes = 10;
    long seed = System.nanoTime() % 1_000_000_000;
    for (int i = 0; i < args.length; i += 2) {
      long value = Long.parseLong(args[i + 1]);
      switch (args[i]) {
        case "--minutes" -> minutes = Math.toIntExact(value);
        case "--seed" -> seed = value;
        default -> throw new IllegalArgumentException("unknown option [" + args[i] + "]");
      }
    }
    print("Seed %d, %d minutes%n", seed, minutes);
    boolean good = false;
    try (TestCluster cluster = new TestCluster()) {
      good = run(cluster, seed, minutes);
    } catch (AssertionError | RuntimeException e) {
      print("FAILED: %s%n", e);
      e.printStackTrace(System.out);
    }
    System.exit(good ? 0 : 1);
  }

  private static boolean run(TestCluster cluster, long seed, int minutes)
      throws InterruptedException {
    createIndex(cluster);
    Model model = new Model();
    Load load = new Load(cluster, model);
    Torture torture = new Torture(cluster, load, seed);
    load.start(2, 1, seed);
    try {
      torture.happen(Duration.ofMinutes(minutes));
    } finally {
      load.stop();
    }
    cluster.awaitGreen();
    cluster.keepShards();
    Verdict verdict = new Verdict(cluster, model);
    verdict.check(Load.INDEX, seed);
    print("Survived: %s%n", torture.survived);
    print(
        "Changes: %d, of which %d with no answer; documents that may be either: %d%n",
        load.writes.get(), load.unansweredWrites.get(), model.uncertain());
    print(
        "Searches meanwhile: %d, of which %d failed; hits checked: %d%n",
        load.searches.get(), load.failedSearches.get(), load.hits.get());
    print(
        "At the end: %d documents on %d copies of shards, %d searches compared with brute force%n",
        verdict.documents(), verdict.copies(), verdict.searches());
    print("Lost: 0%n");
    return true;
  }

  private static void createIndex(TestCluster cluster) {
    cluster.demand(
        "PUT",
        "/" + Load.INDEX,
        "{\"settings\":{\"number_of_shards\":2,\"number_of_replicas\":1,"
            + "\"index.unassigned.node_left.delayed_timeout\":\"0\"},"
            + "\"mappings\":{\"properties\":{\"v\":{\"type\":\"matryoshka_vector\",\"dims\":64,"
            + "\"index_options\":{\"bits\":[64],\"bound_dims\":[64]}}}}}");
    cluster.awaitGreen();
  }

  private void happen(Duration time) throws InterruptedException {
    List<NamedFault> faults =
        List.of(
            new NamedFault("kill -9", this::kill),
            new NamedFault("kill -9", this::kill),
            new NamedFault("pause", this::pause),
            new NamedFault("restart", this::restart),
            new NamedFault("relocation", this::relocate),
            new NamedFault("force merge", this::merge),
            new NamedFault("snapshot and restore", this::snapshot),
            new NamedFault("field added", this::addField),
            new NamedFault("replica dropped and made anew", this::dropReplica),
            new NamedFault("full disks", this::fillDisks));
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      pass(1 + random.nextInt(4));
      NamedFault next = faults.get(random.nextInt(faults.size()));
      print("%tT %s%n", System.currentTimeMillis(), next.name);
      next.fault.happen();
      cluster.awaitGreen();
      load.check();
      survived.merge(next.name, 1, Integer::sum);
    }
  }

  private static void pass(int seconds) throws InterruptedException {
    new CountDownLatch(1).await(seconds, TimeUnit.SECONDS);
  }

  private String node() {
    return TestCluster.NAMES.get(random.nextInt(TestCluster.NAMES.size()));
  }

  private void kill() throws InterruptedException {
    String node = node();
    cluster.kill(node);
    pass(random.nextInt(8));
    cluster.start(node);
  }

  private void restart() {
    String node = node();
    cluster.stop(node);
    cluster.start(node);
  }

  private void pause() throws InterruptedException {
    String node = node();
    cluster.pause(node);
    pass(2 + random.nextInt(random.nextInt(4) == 0 ? 45 : 10));
    cluster.resume(node);
  }

  private void relocate() {
    Object copies =
        JsonReader.read(
            cluster
                .demand("GET", "/_cat/shards/" + Load.INDEX + "?format=json&h=shard,node", null)
                .body());
    List<?> list = (List<?>) copies;
    Map<?, ?> copy = (Map<?, ?>) list.get(random.nextInt(list.size()));
    String from = (String) copy.get("node");
    String to = node();
    // Refused where the other node has a copy already; another one is as good.
    cluster.request(
        random,
        "POST",
        "/_cluster/reroute",
        String.format(
            Locale.ROOT,
            "{\"commands\":[{\"move\":{\"index\":\"%s\",\"shard\":%s,\"from_node\":\"%s\","
                + "\"to_node\":\"%s\"}}]}",
            Load.INDEX,
            copy.get("shard"),
            from,
            to));
  }

  private void merge() {
    RestResponse merged =
        cluster.request(random, "POST", "/" + Load.INDEX + "/_forcemerge?max_num_segments=1", null);
    merged.ok();
  }

  private void addField() {
    cluster.demand(
        "PUT",
        "/" + Load.INDEX + "/_mapping",
        "{\"properties\":{\"f" + fields++ + "\":{\"type\":\"matryoshka_vector\",\"dims\":8}}}");
  }

  private void dropReplica() throws InterruptedException {
    replicas(0);
    pass(1);
    replicas(1);
  }

  private void replicas(int number) {
    cluster.demand(
        "PUT", "/" + Load.INDEX + "/_settings", "{\"index.number_of_replicas\":" + number + "}");
  }

  /** Disks that are fuller than Elasticsearch allows, and then are not. */
  private void fillDisks() throws InterruptedException {
    try {
      watermarks("true", "\"100pb\"", "\"10s\"");
      awaitBlock(true);
      pass(2);
      watermarks("true", "\"1b\"", "\"10s\"");
      awaitBlock(false);
    } finally {
      watermarks("null", "null", "null");
    }
  }

  /** All three, as the least that must be free. */
  private void watermarks(String enabled, String free, String interval) {
    String disk = "\"cluster.routing.allocation.disk.";
    cluster.demand(
        "PUT",
        "/_cluster/settings",
        "{\"persistent\":{\"cluster.info.update.interval\":"
            + interval
            + ("," + disk + "threshold_enabled\":" + enabled)
            + ("," + disk + "watermark.low\":" + free)
            + ("," + disk + "watermark.high\":" + free)
            + ("," + disk + "watermark.flood_stage\":" + free)
            + "}}");
  }

  private void awaitBlock(boolean wanted) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (System.nanoTime() < deadline) {
      String settings =
          cluster.demand("GET", "/" + Load.INDEX + "/_settings?flat_settings=true", null).body();
      if (settings.contains("read_only_allow_delete") == wanted) {
        return;
      }
      pass(1);
    }
    throw new AssertionError("the block of writes is " + (wanted ? "not set" : "still set"));
  }

  /** The snapshot holds what was acknowledged long before, and nothing that was never sent. */
  private void snapshot() {
    String name = "s" + snapshots++;
    cluster.demand(
        "PUT", "/_snapshot/kept", "{\"type\":\"fs\",\"settings\":{\"location\":\"kept\"}}");
    try {
      cluster.demand(
          "PUT",
          "/_snapshot/kept/" + name + "?wait_for_completion=true",
          "{\"indices\":\"" + Load.INDEX + "\"}");
      cluster.demand(
          "POST",
          "/_snapshot/kept/" + name + "/_restore?wait_for_completion=true",
          "{\"indices\":\""
              + Load.INDEX
              + "\",\"rename_pattern\":\"^.+$\",\"rename_replacement\":\"restored\"}");
      load.checkKnown(Scan.all(cluster, "restored", ""));
    } finally {
      try {
        cluster.demand("DELETE", "/restored?ignore_unavailable=true", null);
      } catch (UncheckedIOException e) {
        print("could not delete the restored index: %s%n", e);
      }
    }
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }
}
