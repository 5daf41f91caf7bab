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

import dev.matryoshka.server.NodeProbe;
import dev.matryoshka.server.RestClient;
import java.util.Locale;

/**
 * A minute of a soak: how long its searches took, and what the node held on to at its end, when
 * nothing was on its way.
 *
 * @param heap bytes in use after a full collection
 * @param files open file descriptors of the process
 * @param threads of the Java machine
 * @param contexts searches that were open though nobody had one
 * @param deletedMappings deleted files that were still mapped to memory; -1 when unknown
 * @param requestBytes what the circuit breaker for requests still accounted for
 * @param segments of the index
 * @param documents of the index, nested ones not counted
 * @param searches that were timed
 * @param p50Nanos median of their times
 * @param p99Nanos 99th percentile of their times
 */
record Minute(
    long heap,
    int files,
    int threads,
    int contexts,
    int deletedMappings,
    long requestBytes,
    int segments,
    int documents,
    int searches,
    long p50Nanos,
    long p99Nanos) {

  /** Times the node has to come to rest. */
  private static final int POLLS = 150;

  private static final int POLL_MILLIS = 200;

  /** The columns of {@link #row}, after the number. */
  static final String HEADER =
      "minute | heap MB | files | threads | contexts | deleted, mapped | request breaker | segments"
          + " | documents | searches | p50 ms | p99 ms";

  /** Looks at a node whose clients are paused. */
  static Minute ofPaused(RestClient client, long[] latencies) {
    NodeProbe probe = new NodeProbe(client);
    String index = "/" + SoakRequests.INDEX;
    // What is kept on purpose is no leak; what remains when nothing is to be kept would be.
    client.request("PUT", index + "/_settings", SoakRequests.keepQueries(0)).ok();
    for (int poll = 0; poll < POLLS && atWork(probe, index); poll++) {
      probe.pass(POLL_MILLIS);
    }
    // So that no searcher is left that holds on to what was merged.
    client.request("POST", index + "/_refresh", null).ok();
    Minute minute =
        new Minute(
            probe.heapAfterCollection(),
            probe.openFiles(),
            probe.threads(),
            probe.openContexts(),
            probe.deletedMappings(),
            probe.requestBytes(),
            (int) probe.number(index + "/_stats/segments?filter_path=_all.total", "count"),
            (int) probe.number(index + "/_count", "count"),
            latencies.length,
            percentile(latencies, 0.5),
            percentile(latencies, 0.99));
    client.request("PUT", index + "/_settings", SoakRequests.keepQueries(100)).ok();
    return minute;
  }

  private static boolean atWork(NodeProbe probe, String index) {
    return probe.number(index + "/_stats/merge?filter_path=_all.total", "current") > 0
        || probe.openContexts() > 0
        || probe.requestBytes() > 0;
  }

  private static long percentile(long[] sorted, double share) {
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
  }

  /** As a row of a table, without the number of the minute. */
  String row() {
    return String.format(
        Locale.ROOT,
        "%.1f | %d | %d | %d | %d | %d | %d | %d | %d | %.1f | %.1f",
        heap / 1048576.0,
        files,
        threads,
        contexts,
        deletedMappings,
        requestBytes,
        segments,
        documents,
        searches,
        p50Nanos / 1e6,
        p99Nanos / 1e6);
  }
}
