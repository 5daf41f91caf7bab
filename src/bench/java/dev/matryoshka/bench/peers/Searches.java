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

import dev.matryoshka.server.RestResponse;
import dev.matryoshka.terminal.ProgressBar;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs queries on several indices in turn, so that whatever else the machine does hits all of them
 * alike.
 */
final class Searches {

  private static final int CLIENTS = 4;

  /** Slices of each target that {@link #throughputs} measures. */
  static final int ROUNDS = 3;

  private static final long SLICE_NANOS = Duration.ofMillis(700).toNanos();

  private static final long WARM_UP_NANOS = Duration.ofSeconds(4).toNanos();

  private final String[] vectors;
  private final ExactAnswers exact;
  private final PrintStream progress;

  Searches(float[][] queries, ExactAnswers exact, PrintStream progress) {
    this.vectors = Arrays.stream(queries).map(Documents::base64).toArray(String[]::new);
    this.exact = exact;
    this.progress = progress;
  }

  /**
   * What searches with one client took and found.
   *
   * @param millis from sending the request to having the whole response
   * @param recall of each query
   */
  record Latency(Sample millis, Sample recall) {}

  /**
   * Searches without measuring, each target for the same time in each case, until compilers and
   * caches have settled: with a hundred searches each, what was measured first took up to twice as
   * long as the same searches did later.
   */
  void warmUp(List<Target> targets, List<SearchCase> searches) {
    int steps = searches.size() * targets.size();
    try (ProgressBar bar = new ProgressBar(progress, "Warm-up", steps, 0)) {
      for (SearchCase search : searches) {
        for (Target target : targets) {
          long start = System.nanoTime();
          for (int q = 0; System.nanoTime() - start < WARM_UP_NANOS; q++) {
            target.index().search(target.body(vectors[q % vectors.length], search));
          }
          bar.advance(1);
        }
      }
    }
  }

  /** What a search costs that finds nothing: HTTP and everything that is not about vectors. */
  Sample nothing(PeerIndex index) {
    double[] millis = new double[vectors.length];
    for (int q = 0; q < millis.length; q++) {
      long start = System.nanoTime();
      index.search("{\"query\":{\"match_none\":{}}}");
      millis[q] = (System.nanoTime() - start) / 1e6;
    }
    return new Sample(millis);
  }

  /** Queries that every case runs. */
  int queries() {
    return vectors.length;
  }

  /** Sends every query to all targets in turn, a different one first each time. */
  List<Latency> latencies(List<Target> targets, SearchCase search, ProgressBar bar)
      throws IOException {
    double[][] millis = new double[targets.size()][vectors.length];
    double[][] recalls = new double[targets.size()][vectors.length];
    for (int q = 0; q < vectors.length; q++) {
      for (int i = 0; i < targets.size(); i++) {
        int t = (q + i) % targets.size();
        Target target = targets.get(t);
        String body = target.body(vectors[q], search);
        long start = System.nanoTime();
        RestResponse response = target.index().search(body);
        millis[t][q] = (System.nanoTime() - start) / 1e6;
        int[] hits = PeerIndex.hits(response);
        recalls[t][q] = exact.recall(q, search.filter(), search.k(), hits);
      }
      bar.advance(1);
    }
    List<Latency> latencies = new ArrayList<>();
    for (int t = 0; t < targets.size(); t++) {
      latencies.add(new Latency(new Sample(millis[t]), new Sample(recalls[t])));
    }
    return latencies;
  }

  /**
   * Searches with four clients, each of which sends its next query when it has its answer.
   *
   * @return searches a second on each target: medians of slices that take turns
   */
  double[] throughputs(List<Target> targets, SearchCase search, ProgressBar bar) {
    double[][] rates = new double[targets.size()][ROUNDS];
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      for (int round = 0; round < ROUNDS; round++) {
        for (int t = 0; t < targets.size(); t++) {
          rates[t][round] = slice(clients, targets.get(t), search);
          bar.advance(1);
        }
      }
    }
    return Arrays.stream(rates).mapToDouble(slices -> new Sample(slices).median()).toArray();
  }

  private double slice(ExecutorService clients, Target target, SearchCase search) {
    long start = System.nanoTime();
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int client = 0; client < CLIENTS; client++) {
      int first = client * vectors.length / CLIENTS;
      tasks.add(
          () -> {
            int done = 0;
            for (; System.nanoTime() - start < SLICE_NANOS; done++) {
              String vector = vectors[(first + done) % vectors.length];
              target.index().search(target.body(vector, search));
            }
            return done;
          });
    }
    try {
      int done = 0;
      for (Future<Integer> client : clients.invokeAll(tasks)) {
        done += client.get();
      }
      return done / ((System.nanoTime() - start) / 1e9);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a search failed", e.getCause());
    }
  }
}
