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
package dev.matryoshka.neighbours;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.RestClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A node that has lost the plugin says what it misses and opens everything else; with the plugin
 * back, all is as it was.
 */
class PluginRemovalIT {

  private static final String NODE = "without";
  private static final int DIMS = 64;
  private static final int DOCS = 1200;
  private static final int POLLS = 300;

  private static float[] vector(Random random) {
    float[] vector = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      vector[d] = (float) random.nextGaussian();
    }
    return vector;
  }

  private static void create(RestClient client, String index, String settings) {
    client
        .request(
            "PUT",
            "/" + index,
            "{\"settings\":{\"number_of_shards\":1,\"number_of_replicas\":0"
                + settings
                + "},\"mappings\":{\"properties\":{\"v\":{\"type\":\"matryoshka_vector\","
                + "\"dims\":64}}}}")
        .ok();
  }

  private static void fill(RestClient client) {
    Random random = new Random(3);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < DOCS; i++) {
      lines.append("{\"index\":{\"_index\":\"vectors\",\"_id\":\"").append(i).append("\"}}\n");
      lines.append("{\"v\":").append(Arrays.toString(vector(random))).append("}\n");
    }
    lines.append("{\"index\":{\"_index\":\"plain\",\"_id\":\"0\"}}\n{\"n\":1}\n");
    client.request("POST", "/_bulk", lines.toString()).ok();
    client.request("POST", "/vectors/_forcemerge?max_num_segments=1", null).ok();
    client.request("POST", "/_refresh", null).ok();
  }

  /** The hits of a search, with their vectors. */
  private static String hits(RestClient client) {
    String body =
        "{\"size\":50,\"_source\":{\"exclude_vectors\":false},\"query\":{\"matryoshka\":{"
            + "\"field\":\"v\",\"k\":50,\"query_vector\":"
            + Arrays.toString(vector(new Random(4)))
            + "}}}";
    String answer = client.request("POST", "/vectors/_search", body).ok().body();
    return answer.substring(answer.indexOf("\"hits\":"));
  }

  /** Why a shard is not there, once that is known. */
  private static void awaitReason(RestClient client, String index, String reason) {
    String body = "{\"index\":\"" + index + "\",\"shard\":0,\"primary\":true}";
    String answer = null;
    for (int poll = 0; poll < POLLS; poll++) {
      answer = client.request("POST", "/_cluster/allocation/explain", body).body();
      if (answer.contains(reason)) {
        return;
      }
      client.request("GET", "/_cluster/health?wait_for_nodes=99&timeout=100ms", null);
    }
    throw new AssertionError("not said in " + answer);
  }

  @Test
  void nothingIsLostWithThePlugin() throws IOException {
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      var with = installation.startNode(NODE);
      RestClient client = new RestClient(with.http());
      create(client, "vectors", "");
      create(client, "set", ",\"index.matryoshka.find_all.max_scored\":1000");
      client.request("PUT", "/plain", "{\"settings\":{\"number_of_replicas\":0}}").ok();
      fill(client);
      String before = hits(client);
      with.stop();

      installation.removePlugin("matryoshka");
      var without = installation.startNodeInAnyHealth(NODE);
      client = new RestClient(without.http());
      awaitReason(
          client,
          "vectors",
          "The mapper type [matryoshka_vector] declared on field [v] does not exist");
      awaitReason(client, "set", "unknown setting [index.matryoshka.find_all.max_scored]");
      client.request("GET", "/_cluster/health/plain?wait_for_status=green&timeout=60s", null).ok();
      String plain = client.request("GET", "/plain/_doc/0", null).ok().body();
      assertTrue(plain.contains("\"n\":1"), plain);
      without.stop();

      installation.installPlugin(Path.of(System.getProperty("matryoshka.plugin")).toAbsolutePath());
      client = new RestClient(installation.startNode(NODE).http());
      assertEquals(before, hits(client));
      client.request("GET", "/set/_search", null).ok();
    }
  }
}
