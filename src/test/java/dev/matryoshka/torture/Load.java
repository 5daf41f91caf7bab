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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients that index, update, delete and search until they are told to stop. Writers have documents
 * of their own; searchers check that every hit has a score that one of its vectors gives.
 */
final class Load {

  static final String INDEX = "tortured";

  private static final int BATCH = 50;
  private static final int MOST_DOCUMENTS_OF_A_WRITER = 10_000;
  private static final Pattern STATUS = Pattern.compile("\"status\":(\\d{3})");

  private final TestCluster cluster;
  private final Model model;
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new ArrayList<>();
  final AtomicLong writes = new AtomicLong();
  final AtomicLong unansweredWrites = new AtomicLong();
  final AtomicLong searches = new AtomicLong();
  final AtomicLong failedSearches = new AtomicLong();
  final AtomicLong hits = new AtomicLong();

  Load(TestCluster cluster, Model model) {
    this.cluster = cluster;
    this.model = model;
  }

  private interface Work {
    void once(Random random);
  }

  void start(int writers, int searchers, long seed) {
    for (int i = 0; i < writers; i++) {
      String prefix = "w" + i + "-";
      start("writer-" + i, seed + i, random -> write(prefix, random));
    }
    for (int i = 0; i < searchers; i++) {
      start("searcher-" + i, seed - 1 - i, this::search);
    }
  }

  private void start(String name, long seed, Work work) {
    Random random = new Random(seed);
    Thread thread =
        new Thread(
            () -> {
              try {
                while (stop.get() == false) {
                  work.once(random);
                }
              } catch (Throwable e) {
                failure.compareAndSet(null, e);
                stop.set(true);
              }
            },
            name);
    thread.start();
    threads.add(thread);
  }

  /** Fails when a client has seen something wrong. */
  void check() {
    if (failure.get() != null) {
      throw new AssertionError("a client has failed", failure.get());
    }
  }

  void stop() throws InterruptedException {
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    check();
  }

  /** Fails when documents have vectors that they were never sent with. */
  void checkKnown(Map<String, float[]> found) {
    found.forEach(
        (id, vector) -> {
          if (model.everSent(id).stream().noneMatch(sent -> Arrays.equals(sent, vector))) {
            throw new AssertionError("document " + id + " has a vector that nobody sent");
          }
        });
  }

  /** A change on its way. */
  private record Change(String id, float[] wanted, String lines) {}

  private void write(String prefix, Random random) {
    List<Change> changes = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    while (changes.size() < BATCH) {
      String id = prefix + random.nextInt(MOST_DOCUMENTS_OF_A_WRITER);
      if (ids.add(id)) {
        Change change = change(id, random);
        if (change != null) {
          changes.add(change);
        }
      }
    }
    StringBuilder body = new StringBuilder();
    changes.forEach(change -> body.append(change.lines));
    RestResponse response = null;
    try {
      response = cluster.request(random, "POST", "/" + INDEX + "/_bulk", body.toString());
    } catch (UncheckedIOException e) {
      // Nobody knows what has become of it.
    }
    settle(changes, response);
  }

  private Change change(String id, Random random) {
    float[] present = model.present(id);
    int kind = random.nextInt(10);
    if (present != null && kind == 0) {
      return model.begin(id, Model.ABSENT)
          ? new Change(id, Model.ABSENT, line("delete", id, ""))
          : null;
    }
    if (present != null && kind == 1) {
      String lines = "{\"doc\":{\"touched\":" + random.nextInt() + "}}\n";
      return model.begin(id, present) ? new Change(id, present, line("update", id, lines)) : null;
    }
    float[] vector = Model.vector(random);
    if (model.begin(id, vector) == false) {
      return null;
    }
    String lines = "{\"v\":" + Arrays.toString(vector) + "}\n";
    return new Change(id, vector, line("index", id, lines));
  }

  private static String line(String action, String id, String lines) {
    return String.format(Locale.ROOT, "{\"%s\":{\"_id\":\"%s\"}}%n%s", action, id, lines);
  }

  private void settle(List<Change> changes, RestResponse response) {
    boolean answered = response != null && response.status() == 200;
    boolean refused = response != null && (response.status() == 429 || response.status() == 403);
    Matcher status = answered ? STATUS.matcher(response.body()) : null;
    for (Change change : changes) {
      int code = refused ? response.status() : answered && status.find() ? number(status) : 0;
      writes.incrementAndGet();
      if (code == 200 || code == 201) {
        model.acknowledged(change.id, change.wanted);
      } else if (code == 403 || code == 429) {
        model.refused(change.id);
      } else {
        model.unknown(change.id, change.wanted);
        unansweredWrites.incrementAndGet();
      }
    }
  }

  private static int number(Matcher status) {
    return Integer.parseInt(status.group(1));
  }

  private void search(Random random) {
    float[] query = Model.vector(random);
    String vector = "\"field\":\"v\",\"query_vector\":" + Arrays.toString(query);
    String body =
        random.nextBoolean()
            ? "{\"size\":100,\"query\":{\"matryoshka\":{\"similarity\":0.6," + vector + "}}}"
            : "{\"size\":20,\"query\":{\"matryoshka\":{\"k\":20," + vector + "}}}";
    RestResponse response;
    try {
      response =
          cluster.request(
              random,
              "POST",
              "/" + INDEX + "/_search?allow_partial_search_results=false&_source=false",
              body);
    } catch (UncheckedIOException e) {
      failedSearches.incrementAndGet();
      return;
    }
    searches.incrementAndGet();
    if (response.status() != 200) {
      failedSearches.incrementAndGet();
      return;
    }
    Set<String> seen = new HashSet<>();
    float previous = Float.POSITIVE_INFINITY;
    for (Map<?, ?> hit : Scan.hits(response.body())) {
      String id = (String) hit.get("_id");
      float score = ((JsonReader.Number) hit.get("_score")).toFloat();
      if (seen.add(id) == false || score > previous) {
        throw new AssertionError("hit " + id + " is twice there or out of order: " + body);
      }
      previous = score;
      if (Model.mayScore(score, query, model.everSent(id)) == false) {
        throw new AssertionError("no vector of " + id + " has the score " + score + ": " + body);
      }
      hits.incrementAndGet();
    }
  }
}
