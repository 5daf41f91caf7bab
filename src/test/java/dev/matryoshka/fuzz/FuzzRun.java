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
package dev.matryoshka.fuzz;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.NodeProbe;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import dev.matryoshka.server.ServerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Sends spoiled requests to a server, one after the other, and finds those that were the server's
 * fault: an answer of 500 or more, for all of a request or for a part of a bulk request or of a
 * multi-search.
 */
final class FuzzRun {

  /** What a server for this needs: contexts that time out are closed soon. */
  static final Map<String, String> SETTINGS = Map.of("search.keep_alive_interval", "1s");

  private static final int DOCUMENTS = 1500;
  private static final int MOST_FAULTS = 20;
  private static final Pattern FAULT = Pattern.compile("\"status\":\\s*5\\d\\d");

  private final ElasticsearchNode node;
  private final RestClient client;
  private final NodeProbe probe;
  private final RequestFactory requests;
  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();

  /**
   * @param node started with {@link #SETTINGS}; the index of the requests is made anew
   */
  FuzzRun(ElasticsearchNode node, long seed) {
    this.node = node;
    this.client = new RestClient(node.http());
    this.probe = new NodeProbe(client);
    this.requests = new RequestFactory(seed);
  }

  /**
   * What came of it.
   *
   * @param statuses how often each was answered
   * @param faults requests with answers, to be replayed
   * @param openContexts searches still open at the end
   * @param heapBefore bytes in use after a collection before the first request
   * @param heapAfter the same at the end
   * @param requestLogged whether the log holds something of a request
   */
  record Result(
      Map<Integer, Integer> statuses,
      List<String> faults,
      int openContexts,
      long heapBefore,
      long heapAfter,
      boolean requestLogged) {}

  /**
   * Sends requests.
   *
   * @param first number of the first
   * @param progress run after each
   */
  Result run(long first, int count, Runnable progress) throws IOException {
    client.request("DELETE", "/" + RequestFactory.INDEX + "*?ignore_unavailable=true", null).ok();
    send(RequestFactory.createIndex()).ok();
    send(RequestFactory.fillIndex(0, DOCUMENTS / 2)).ok();
    send(RequestFactory.fillIndex(DOCUMENTS / 2, DOCUMENTS / 2)).ok();
    client.request("POST", "/" + RequestFactory.INDEX + "/_forcemerge?max_num_segments=1", null);
    // Everything is loaded and cached that will be, before heap is looked at.
    int warm = Math.min(count, 500);
    for (int i = 0; i < warm; i++) {
      check(first + i);
      progress.run();
    }
    long heapBefore = probe.heapAfterCollection();
    for (int i = warm; i < count && faults.size() < MOST_FAULTS; i++) {
      check(first + i);
      progress.run();
    }
    int contexts = probe.openContextsAtLast();
    long heapAfter = probe.heapAfterCollection();
    boolean logged = Files.readString(node.log()).contains(RequestFactory.CANARY);
    client.request("DELETE", "/" + RequestFactory.INDEX + "*", null).ok();
    return new Result(statuses, faults, contexts, heapBefore, heapAfter, logged);
  }

  private RestResponse send(FuzzRequest request) {
    return client.request(request.method(), request.path(), request.body(), request.headers());
  }

  private void check(long number) {
    FuzzRequest request = requests.request(number);
    RestResponse response;
    try {
      response = send(request);
    } catch (UncheckedIOException e) {
      if (node.isAlive() == false) {
        throw new ServerException("request " + number + " ended the server: " + request, e);
      }
      faults.add("request " + number + " got no answer: " + e + "\n" + request.asCommand());
      return;
    }
    statuses.merge(response.status(), 1, Integer::sum);
    if (response.status() >= 500 || FAULT.matcher(response.body()).find()) {
      faults.add(
          "request "
              + number
              + " was answered "
              + response.status()
              + ": "
              + shortened(response.body())
              + "\n"
              + shortened(request.asCommand()));
    }
    if (request.method().equals("PUT") && request.path().endsWith("-" + number)) {
      client.request("DELETE", request.path() + "?ignore_unavailable=true", null).ok();
    }
  }

  private static String shortened(String text) {
    int most = 6000;
    return text.length() <= most ? text : text.substring(0, most) + "…";
  }

  /** Starts a server of its own and runs. */
  static Result runOnNewServer(long seed, long first, int count, Runnable progress)
      throws IOException {
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      ElasticsearchNode node = installation.startNode("fuzzed", SETTINGS, "512m");
      return new FuzzRun(node, seed).run(first, count, progress);
    }
  }
}
