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

import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients that index, search, page, audit and look at statistics at a pace of their own. They can
 * be paused: then none of their requests is on its way, and none of their searches open.
 */
final class SoakClients implements AutoCloseable {

  private static final int CLIENTS = 6;
  private static final int BATCH = 50;
  private static final int PAGES = 3;
  private static final Pattern SCROLL = Pattern.compile("\"_scroll_id\":\"([^\"]+)\"");
  private static final Pattern POINT = Pattern.compile("\"id\":\"([^\"]+)\"");
  private static final Pattern SORT = Pattern.compile("\"sort\":(\\[[^\\]]*\\])\\}\\]\\}\\}");
  private static final Pattern FAILED_SHARDS = Pattern.compile("\"failed\":[1-9]");

  private final RestClient client;
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(CLIENTS);
  private final ReadWriteLock pause = new ReentrantReadWriteLock(true);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final List<Long> latencies = new ArrayList<>();
  final AtomicLong requests = new AtomicLong();
  final AtomicLong putOff = new AtomicLong();
  final AtomicLong changes = new AtomicLong();
  final AtomicLong audits = new AtomicLong();

  SoakClients(RestClient client) {
    this.client = client;
  }

  private interface Work {
    void once(SoakRequests requests);
  }

  void start(long seed) {
    start(seed, 200, this::change);
    start(seed + 1, 20, this::search);
    start(seed + 2, 20, this::search);
    start(seed + 3, 500, this::scroll);
    start(seed + 4, 500, this::pointInTime);
    start(seed + 5, 3000, this::lookAfter);
  }

  private void start(long seed, int delayMillis, Work work) {
    SoakRequests made = new SoakRequests(new Random(seed));
    threads.scheduleWithFixedDelay(
        () -> {
          pause.readLock().lock();
          try {
            work.once(made);
          } catch (Throwable e) {
            failure.compareAndSet(null, e);
          } finally {
            pause.readLock().unlock();
          }
        },
        0,
        delayMillis,
        TimeUnit.MILLISECONDS);
  }

  /** Returns when nothing is on its way; from then on nothing is sent. */
  void pause() {
    pause.writeLock().lock();
  }

  /** Undoes {@link #pause}, in the same thread. */
  void resume() {
    pause.writeLock().unlock();
  }

  /** Fails when a client was answered what it should not be. */
  void check() {
    if (failure.get() != null) {
      throw new AssertionError("a client has failed", failure.get());
    }
  }

  /** Nanoseconds of each search since this was last called, ascending. */
  long[] latencies() {
    synchronized (latencies) {
      long[] sorted = latencies.stream().mapToLong(Long::longValue).toArray();
      latencies.clear();
      Arrays.sort(sorted);
      return sorted;
    }
  }

  /** The answer, or null where the server has put the request off. */
  private String ask(String method, String path, String body) {
    RestResponse response = client.request(method, path, body);
    requests.incrementAndGet();
    if (response.status() == 429) {
      putOff.incrementAndGet();
      return null;
    }
    boolean good =
        response.status() / 100 == 2
            && response.body().contains("\"errors\":true") == false
            && FAILED_SHARDS.matcher(response.body()).find() == false;
    if (good == false) {
      throw new AssertionError(method + " " + path + " " + body + " was answered " + response);
    }
    return response.body();
  }

  private static String path(String endpoint) {
    return "/" + SoakRequests.INDEX + endpoint;
  }

  private void change(SoakRequests made) {
    if (ask("POST", path("/_bulk"), made.changes(BATCH)) != null) {
      changes.addAndGet(BATCH);
    }
  }

  private void search(SoakRequests made) {
    String body = made.search();
    long start = System.nanoTime();
    if (ask("POST", path("/_search"), body) != null) {
      long nanos = System.nanoTime() - start;
      synchronized (latencies) {
        latencies.add(nanos);
      }
    }
  }

  private void scroll(SoakRequests made) {
    String answer = ask("POST", path("/_search?scroll=1m"), made.pages(""));
    String last = null;
    for (int page = 0; answer != null; page++) {
      last = first(SCROLL, answer);
      answer =
          page < PAGES
              ? ask("POST", "/_search/scroll", "{\"scroll\":\"1m\",\"scroll_id\":\"" + last + "\"}")
              : null;
    }
    if (last != null) {
      ask("DELETE", "/_search/scroll", "{\"scroll_id\":\"" + last + "\"}");
    }
  }

  private void pointInTime(SoakRequests made) {
    String opened = ask("POST", path("/_pit?keep_alive=1m"), null);
    if (opened == null) {
      return;
    }
    String id = first(POINT, opened);
    String after = "";
    for (int page = 0; page < PAGES && after != null; page++) {
      String more =
          ",\"pit\":{\"id\":\"" + id + "\",\"keep_alive\":\"1m\"},\"sort\":[\"_shard_doc\"]";
      String answer = ask("POST", "/_search", made.pages(more + after));
      Matcher sort = answer == null ? null : SORT.matcher(answer);
      after = sort != null && sort.find() ? ",\"search_after\":" + sort.group(1) : null;
    }
    ask("DELETE", "/_pit", "{\"id\":\"" + id + "\"}");
    ask("POST", path("/_search"), made.hurried());
  }

  private void lookAfter(SoakRequests made) {
    ask("GET", path("/_matryoshka/stats?level=segments"), null);
    if (ask("POST", path("/_matryoshka/recall"), made.audit()) != null) {
      audits.incrementAndGet();
    }
  }

  private static String first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (matcher.find() == false) {
      throw new AssertionError("no " + pattern + " in " + text);
    }
    return matcher.group(1);
  }

  @Override
  public void close() {
    threads.close();
  }
}
