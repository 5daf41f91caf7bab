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
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** More searches than a small node has memory for: some are put off, and the node stays. */
class LoadIT {

  private static final int DIMS = 4096;
  private static final int DOCS = 2000;
  private static final int BATCH = 250;
  private static final int CLIENTS = 50;
  private static final int SEARCHES_OF_A_CLIENT = 2;
  private static final Pattern OF_REQUESTS =
      Pattern.compile("\"request\":\\{[^}]*?\"estimated_size_in_bytes\":(\\d+)");

  private static String vector(Random random) {
    ByteBuffer bytes = ByteBuffer.allocate(DIMS * Float.BYTES);
    for (int d = 0; d < DIMS; d++) {
      bytes.putFloat((float) (random.nextGaussian() / (1 + d / 64.0)));
    }
    return "\"" + Base64.getEncoder().encodeToString(bytes.array()) + "\"";
  }

  private static void index(RestClient client) {
    client
        .request(
            "PUT",
            "/wide",
            "{\"settings\":{\"number_of_shards\":1,\"number_of_replicas\":0},\"mappings\":{"
                + "\"properties\":{\"v\":{\"type\":\"matryoshka_vector\",\"dims\":4096,"
                + "\"index_options\":{\"rotation\":\"random\",\"bits\":[4096]}}}}}")
        .ok();
    Random random = new Random(5);
    for (int from = 0; from < DOCS; from += BATCH) {
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < BATCH; i++) {
        lines.append("{\"index\":{}}\n{\"v\":").append(vector(random)).append("}\n");
      }
      String answer = client.request("POST", "/wide/_bulk", lines.toString()).ok().body();
      assertTrue(answer.contains("\"errors\":false"), answer);
    }
    client.request("POST", "/wide/_forcemerge?max_num_segments=1", null).ok();
    client.request("POST", "/wide/_refresh", null).ok();
  }

  /** How often each status was answered by clients that all ask at once. */
  private static Map<Integer, Integer> statuses(RestClient client) throws Exception {
    Map<Integer, Integer> statuses = new TreeMap<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<RestResponse>> answers = new ArrayList<>();
      for (int i = 0; i < CLIENTS * SEARCHES_OF_A_CLIENT; i++) {
        String body =
            "{\"size\":1,\"query\":{\"matryoshka\":{\"field\":\"v\",\"k\":10000,\"query_vector\":"
                + vector(new Random(i))
                + "}}}";
        answers.add(clients.submit(() -> client.request("POST", "/wide/_search", body)));
      }
      for (Future<RestResponse> answer : answers) {
        statuses.merge(answer.get().status(), 1, Integer::sum);
      }
    } catch (ExecutionException e) {
      throw new AssertionError("a search was not answered", e);
    }
    return statuses;
  }

  private static void setLimit(RestClient client, String value) {
    client
        .request(
            "PUT",
            "/_cluster/settings",
            "{\"persistent\":{\"indices.breaker.request.limit\":" + value + "}}")
        .ok();
  }

  @Test
  void searchesAreAnsweredOrPutOff() throws Exception {
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      ElasticsearchNode node = installation.startNode("loaded", Map.of(), "512m");
      RestClient client = new RestClient(node.http());
      index(client);
      assertEquals(Map.of(200, CLIENTS * SEARCHES_OF_A_CLIENT), statuses(client));
      // Enough for one of them, but not for as many as a node runs at a time.
      setLimit(client, "\"4mb\"");
      Map<Integer, Integer> statuses = statuses(client);
      assertTrue(List.of(200, 429).containsAll(statuses.keySet()), statuses.toString());
      assertTrue(statuses.getOrDefault(429, 0) > 0, statuses.toString());
      setLimit(client, "null");
      assertEquals(Map.of(200, CLIENTS * SEARCHES_OF_A_CLIENT), statuses(client));
      String breakers = client.request("GET", "/_nodes/stats/breaker", null).ok().body();
      var left = OF_REQUESTS.matcher(breakers);
      assertTrue(left.find(), breakers);
      assertEquals("0", left.group(1), breakers);
    }
  }
}
