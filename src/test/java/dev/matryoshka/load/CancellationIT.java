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
package dev.matryoshka.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.NodeProbe;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * How long work goes on that nobody wants any more. Vectors are random numbers, since this is about
 * time alone. Limits are for machines that are busy with other things; what was measured is
 * printed.
 */
class CancellationIT {

  private static final int DIMS = 768;
  private static final int DOCS = 15_000;
  private static final int BATCH = 1000;
  private static final int TRAINED_DIMS = 2048;
  private static final int TRAINED_DOCS = 2500;

  /** Clauses of a search that takes many seconds. */
  private static final int CLAUSES = 500;

  private static final int ROUNDS = 3;
  private static final long MOST_MILLIS = 1000;
  private static final long PATIENCE_MILLIS = 300_000;
  private static final int TIMEOUT_MILLIS = 20;
  private static final Pattern TASK = Pattern.compile("\"([^\"]+:\\d+)\":\\{\"node\"");
  private static final Pattern TOOK = Pattern.compile("\"took\":(\\d+),\"timed_out\":(\\w+)");
  private static final String SEARCHES = "indices:data/read/search*";
  private static final String AUDITS = "indices:data/read/matryoshka*";

  private static final Map<String, Long> MEASURED = Collections.synchronizedMap(new TreeMap<>());

  private static ElasticsearchInstallation installation;
  private static ElasticsearchNode node;
  private static RestClient client;
  private static NodeProbe probe;

  @BeforeAll
  static void start() {
    installation = ElasticsearchInstallation.installBuilt();
    node = installation.startNode("cancelled", Map.of(), "1g");
    client = new RestClient(node.http());
    probe = new NodeProbe(client);
    create("large", DIMS, "{\"rotation\":\"random\",\"bits\":[256]}");
    fill("large", DIMS, DOCS);
  }

  @AfterAll
  static void stop() {
    System.out.printf(Locale.ROOT, "CancellationIT, most milliseconds each: %s%n", MEASURED);
    installation.close();
  }

  private static void create(String index, int dims, String options) {
    String mapping =
        "{\"settings\":{\"number_of_shards\":1,\"number_of_replicas\":0},\"mappings\":{"
            + "\"properties\":{\"v\":{\"type\":\"matryoshka_vector\",\"dims\":%d,"
            + "\"index_options\":%s}}}}";
    client.request("PUT", "/" + index, String.format(Locale.ROOT, mapping, dims, options)).ok();
  }

  private static void fill(String index, int dims, int docs) {
    Random random = new Random(7);
    for (int from = 0; from < docs; from += BATCH) {
      StringBuilder lines = new StringBuilder();
      for (int i = from; i < Math.min(docs, from + BATCH); i++) {
        lines.append("{\"index\":{}}\n{\"v\":").append(vector(random, dims)).append("}\n");
      }
      // Each batch is a segment, until they are merged.
      client.request("POST", "/" + index + "/_bulk?refresh", lines.toString()).ok();
    }
  }

  private static String vector(Random random, int dims) {
    ByteBuffer bytes = ByteBuffer.allocate(dims * Float.BYTES);
    for (int d = 0; d < dims; d++) {
      bytes.putFloat(random.nextFloat() - 0.5f);
    }
    return '"' + Base64.getEncoder().encodeToString(bytes.array()) + '"';
  }

  /** A search of many clauses of a kind. */
  private static String slow(String more, String around) {
    Random random = new Random(11);
    StringBuilder body = new StringBuilder("{").append(around);
    body.append("\"query\":{\"bool\":{\"should\":[");
    for (int i = 0; i < CLAUSES; i++) {
      body.append(i == 0 ? "" : ",")
          .append("{\"matryoshka\":{\"field\":\"v\",\"query_vector\":")
          .append(vector(random, DIMS))
          .append(more)
          .append("}}");
    }
    return body.append("]}}}").toString();
  }

  private static Map<String, String> slowSearches(String around) {
    return Map.of(
        "find all", slow(",\"similarity\":-1", around),
        "exact", slow(",\"k\":1000,\"stages\":[{\"dims\":768}]", around),
        "default", slow(",\"k\":1000", around));
  }

  private static Socket send(String path, String body) throws IOException {
    Socket socket = new Socket(node.http().getHost(), node.http().getPort());
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            + "Connection: close\r\n\r\n";
    socket
        .getOutputStream()
        .write(
            String.format(Locale.ROOT, head, path, bytes.length).getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return socket;
  }

  private static String tasks(String actions) {
    return client.request("GET", "/_tasks?actions=" + actions, null).ok().body();
  }

  /** Asks again and again, with pauses so that asking is not what the node is busy with. */
  private static void await(int pauseMillis, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (condition.getAsBoolean() == false) {
      assertTrue(System.nanoTime() < deadline, "waited in vain");
      probe.pass(pauseMillis);
    }
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  private static void measured(String what, long millis) {
    MEASURED.merge(what, millis, Math::max);
    assertTrue(millis <= MOST_MILLIS, what + " took " + millis + " ms");
  }

  /** Starts work, lets it go on for a while, ends it in some way, and waits until it has ended. */
  private static void cancel(
      String what, String path, String body, String actions, boolean byClosing, Random random)
      throws IOException {
    try (Socket socket = send(path, body)) {
      // Two: of the whole, and of the shard.
      await(20, () -> TASK.matcher(tasks(actions)).results().count() >= 2);
      probe.pass(50 + random.nextInt(200));
      String running = tasks(actions);
      Matcher task = TASK.matcher(running);
      assertTrue(task.find(), "the search is too quick to be cancelled");
      long start = System.nanoTime();
      if (byClosing) {
        socket.close();
      } else {
        client.request("POST", "/_tasks/_cancel?actions=" + actions, null).ok();
      }
      await(5, () -> TASK.matcher(tasks(actions)).find() == false);
      measured(what, millisSince(start));
      if (byClosing == false) {
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(answer.startsWith("HTTP/1.1 400"), answer);
      }
    }
  }

  @Test
  void searchesEndWhenCancelled() throws IOException {
    Random random = new Random();
    for (var search : slowSearches("").entrySet()) {
      for (int round = 0; round < ROUNDS; round++) {
        String path = "/large/_search";
        String body = search.getValue();
        cancel(search.getKey() + ", _cancel", path, body, SEARCHES, false, random);
        cancel(search.getKey() + ", closed", path, body, SEARCHES, true, random);
      }
    }
    assertEquals(0, probe.openContextsAtLast());
    assertEquals(0, probe.requestBytes());
  }

  @Test
  void auditsEndWhenCancelled() throws IOException {
    String audit = "{\"field\":\"v\",\"k\":10,\"sample\":{\"size\":1000}}";
    for (int round = 0; round < ROUNDS; round++) {
      cancel("audit, _cancel", "/large/_matryoshka/recall", audit, AUDITS, false, new Random());
    }
    assertEquals(0, probe.openContextsAtLast());
  }

  @Test
  void searchesKeepTheirTime() {
    String timeout = "\"timeout\":\"" + TIMEOUT_MILLIS + "ms\",";
    for (var search : slowSearches(timeout).entrySet()) {
      for (int round = 0; round < ROUNDS; round++) {
        String answer = client.request("POST", "/large/_search", search.getValue()).ok().body();
        Matcher took = TOOK.matcher(answer);
        assertTrue(took.find(), answer);
        assertEquals("true", took.group(2), answer);
        measured(
            search.getKey() + ", beyond a timeout of " + TIMEOUT_MILLIS,
            Long.parseLong(took.group(1)) - TIMEOUT_MILLIS);
      }
    }
  }

  /** Whether some thread trains, or does one step of it. */
  private static boolean training(String step) {
    String path = "/_nodes/hot_threads?threads=1000&snapshots=1&interval=1ms";
    return client
        .request("GET", path, null)
        .ok()
        .body()
        .contains("dev.matryoshka.rotation." + step);
  }

  @Test
  void trainingEndsWithItsShard() throws Exception {
    create("trained", TRAINED_DIMS, "{\"bits\":[2048]}");
    fill("trained", TRAINED_DIMS, TRAINED_DOCS);
    ExecutorService requests = Executors.newFixedThreadPool(2);
    try {
      Future<RestResponse> merge =
          requests.submit(
              () -> client.request("POST", "/trained/_forcemerge?max_num_segments=1", null));
      // The longest step by far.
      await(100, () -> training("IterativeQuantization"));
      assertFalse(merge.isDone());
      long start = System.nanoTime();
      Future<RestResponse> deleted =
          requests.submit(() -> client.request("DELETE", "/trained", null));
      await(20, () -> training("") == false);
      measured("training", millisSince(start));
      deleted.get().ok();
    } finally {
      requests.shutdownNow();
    }
  }
}
