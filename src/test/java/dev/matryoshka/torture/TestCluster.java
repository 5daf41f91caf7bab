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

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import dev.matryoshka.server.ServerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Three nodes on this machine that can be killed, paused and restarted one at a time while clients
 * talk to the others. Faults come from one thread, requests from any.
 */
final class TestCluster implements AutoCloseable {

  static final List<String> NAMES = List.of("one", "two", "three");

  private static final String HEAP = "512m";
  private static final long HEALTH_MILLIS = 300_000;

  private final ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt();
  private final Map<String, ElasticsearchNode> nodes = new ConcurrentHashMap<>();
  private final Map<String, RestClient> clients = new ConcurrentHashMap<>();

  TestCluster() {
    NAMES.forEach(this::start);
  }

  void start(String name) {
    ElasticsearchNode node =
        installation.startNode(
            name, Map.of("cluster.routing.allocation.allow_rebalance", "always"), HEAP);
    nodes.put(name, node);
    clients.put(name, new RestClient(node.http()));
  }

  /** Ends a node at once. */
  void kill(String name) {
    clients.remove(name);
    nodes.remove(name).kill();
  }

  /** Asks a node to stop. */
  void stop(String name) {
    clients.remove(name);
    nodes.remove(name).stop();
  }

  void pause(String name) {
    clients.remove(name);
    signal(nodes.get(name), "STOP");
  }

  void resume(String name) {
    ElasticsearchNode node = nodes.get(name);
    signal(node, "CONT");
    clients.put(name, new RestClient(node.http()));
  }

  private static void signal(ElasticsearchNode node, String signal) {
    List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
    ProcessHandle root = ProcessHandle.of(node.pid()).orElseThrow();
    command.add(Long.toString(root.pid()));
    root.descendants().forEach(process -> command.add(Long.toString(process.pid())));
    try {
      if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
        throw new ServerException("cannot send " + signal + " to " + node.name());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServerException("interrupted", e);
    }
  }

  /** Asks any node that is up. An unanswered request is an UncheckedIOException. */
  RestResponse request(Random random, String method, String path, String body) {
    List<RestClient> up = List.copyOf(clients.values());
    return up.get(random.nextInt(up.size())).request(method, path, body);
  }

  /** Asks, and takes no other answer than a good one. */
  RestResponse demand(String method, String path, String body) {
    return clients.values().iterator().next().request(method, path, body).ok();
  }

  /** Waits until all nodes are there with all copies of all shards. */
  void awaitGreen() {
    long deadline = System.currentTimeMillis() + HEALTH_MILLIS;
    RestResponse health = null;
    while (System.currentTimeMillis() < deadline) {
      health =
          request(
              new Random(),
              "GET",
              "/_cluster/health?wait_for_status=green&wait_for_no_relocating_shards=true"
                  + "&timeout=30s&wait_for_nodes="
                  + NAMES.size(),
              null);
      if (health.status() == 200) {
        return;
      }
      // Copies given up after many failures get another chance.
      request(new Random(), "POST", "/_cluster/reroute?retry_failed=true", null);
    }
    throw new ServerException("the cluster does not recover: " + health);
  }

  /** Leaves shards where they are from now on, so that each copy can be looked at. */
  void keepShards() {
    demand(
        "PUT",
        "/_cluster/settings",
        "{\"persistent\":{\"cluster.routing.rebalance.enable\":\"none\"}}");
    awaitGreen();
  }

  @Override
  public void close() {
    installation.close();
  }
}
