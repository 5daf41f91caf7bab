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
package dev.matryoshka.soak;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.RestClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * {@code bin/soak}: a server under a mixed load that stays the same, for many minutes. Nothing may
 * grow: not heap, files, threads, open searches, accounted memory, nor the time searches take.
 */
public final class Soak {

  private static final int FILL_BATCH = 500;
  private static final String HEAP = "512m";

  private Soak() {}

  /**
   * Runs the command.
   *
   * @param args --minutes M, --seed S, each optional
   */
  public static void main(String[] args) throws InterruptedException {
    int minutes = 20;
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
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      ElasticsearchNode node =
          installation.startNode("soaked", Map.of("search.keep_alive_interval", "1s"), HEAP);
      good = run(node, seed, minutes);
    } catch (AssertionError | RuntimeException e) {
      print("FAILED: %s%n", e);
      e.printStackTrace(System.out);
    }
    System.exit(good ? 0 : 1);
  }

  private static boolean run(ElasticsearchNode node, long seed, int minutes)
      throws InterruptedException {
    RestClient client = new RestClient(node.http());
    fill(client, seed);
    List<Minute> measured = new ArrayList<>();
    try (SoakClients clients = new SoakClients(client)) {
      clients.start(seed);
      print("%s%n", Minute.HEADER);
      for (int minute = 1; minute <= minutes; minute++) {
        new CountDownLatch(1).await(Duration.ofMinutes(1).toMillis(), TimeUnit.MILLISECONDS);
        clients.check();
        clients.pause();
        try {
          measured.add(Minute.ofPaused(client, clients.latencies()));
        } finally {
          clients.resume();
        }
        print("%d | %s%n", minute, measured.getLast().row());
      }
      clients.pause();
      clients.check();
      print(
          "Requests: %d, of which %d put off (429) and none failed; documents changed: %d;"
              + " audits: %d%n",
          clients.requests.get(),
          clients.putOff.get(),
          clients.changes.get(),
          clients.audits.get());
      clients.resume();
    }
    List<String> faults = SoakVerdict.faults(measured);
    faults.forEach(fault -> print("FAULT: %s%n", fault));
    print("%s%n", faults.isEmpty() ? "Nothing has grown." : "Something has grown.");
    return faults.isEmpty();
  }

  private static void fill(RestClient client, long seed) {
    client.request("PUT", "/" + SoakRequests.INDEX, SoakRequests.index()).ok();
    SoakRequests made = new SoakRequests(new Random(seed));
    for (int from = 0; from < SoakRequests.DOCUMENTS; from += FILL_BATCH) {
      client.request("POST", "/" + SoakRequests.INDEX + "/_bulk", made.fill(from, FILL_BATCH)).ok();
    }
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }
}
