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

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A node that cannot write any more keeps what it has acknowledged: here no file may grow beyond 4
 * MB, so that merges of vectors fail first, and with them the shard.
 */
class FullDiskIT {

  private static final String NODE = "full";
  private static final int FILE_KILOBYTES = 4096;
  private static final int DIMS = 64;
  private static final int BATCH = 500;
  private static final int BATCHES = 60;
  private static final Pattern CREATED =
      Pattern.compile(
          "\\{\"index\":\\{[^{}]*?\"_id\":\"(\\d+)\"[^{}]*?(?:\\{[^{}]*\\}[^{}]*?)*?\"status\":201");
  private static final Pattern VECTOR = Pattern.compile("\"v\":\\[([^\\]]*)\\]");

  private static float[] vector(int id) {
    Random random = new Random(id);
    float[] vector = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      vector[d] = (float) (random.nextGaussian() / (1 + d / 8.0));
    }
    return vector;
  }

  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(DIMS * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private static void create(RestClient client) {
    client
        .request(
            "PUT",
            "/vectors",
            "{\"settings\":{\"number_of_shards\":1,\"number_of_replicas\":0,"
                + "\"index.translog.flush_threshold_size\":\"1mb\","
                + "\"index.translog.generation_threshold_size\":\"1mb\"},"
                + "\"mappings\":{\"properties\":{\"v\":{\"type\":\"matryoshka_vector\","
                + "\"dims\":64,\"index_options\":{\"bound_dims\":[64]}}}}}")
        .ok();
  }

  /** Indexes until the node refuses, and returns what it has acknowledged. */
  private static List<Integer> fill(RestClient client) {
    List<Integer> acknowledged = new ArrayList<>();
    for (int batch = 0; batch < BATCHES; batch++) {
      StringBuilder lines = new StringBuilder();
      for (int id = batch * BATCH; id < (batch + 1) * BATCH; id++) {
        lines.append("{\"index\":{\"_id\":\"").append(id).append("\"}}\n");
        lines.append("{\"v\":\"").append(base64(vector(id))).append("\"}\n");
      }
      RestResponse answer = client.request("POST", "/vectors/_bulk?timeout=1s", lines.toString());
      Matcher created = CREATED.matcher(answer.body());
      int before = acknowledged.size();
      while (created.find()) {
        acknowledged.add(Integer.valueOf(created.group(1)));
      }
      if (acknowledged.size() < before + BATCH) {
        return acknowledged;
      }
    }
    // Merges in the background have not got as far yet.
    client.request("POST", "/vectors/_forcemerge?max_num_segments=1", null);
    return acknowledged;
  }

  private static void check(RestClient client, List<Integer> ids) {
    for (int from = 0; from < ids.size(); from += BATCH) {
      List<Integer> some = ids.subList(from, Math.min(ids.size(), from + BATCH));
      String body = "{\"ids\":" + some.stream().map(id -> "\"" + id + "\"").toList() + "}";
      String answer =
          client.request("POST", "/vectors/_mget?_source_exclude_vectors=false", body).ok().body();
      Matcher vectors = VECTOR.matcher(answer);
      for (int id : some) {
        assertTrue(vectors.find(), "no vector of " + id);
        String[] numbers = vectors.group(1).split(",");
        float[] found = new float[numbers.length];
        for (int d = 0; d < found.length; d++) {
          found[d] = Float.parseFloat(numbers[d]);
        }
        assertArrayEquals(vector(id), found, "vector of " + id);
      }
    }
  }

  @Test
  void whatWasAcknowledgedStays() throws IOException {
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      ElasticsearchNode full = installation.startNodeWithFilesUpTo(FILE_KILOBYTES, NODE);
      RestClient client = new RestClient(full.http());
      create(client);
      List<Integer> acknowledged = fill(client);
      full.stop();
      assertTrue(Files.readString(full.log()).contains("File too large"), "no file was too large");

      client = new RestClient(installation.startNodeInAnyHealth(NODE).http());
      client.request("POST", "/_cluster/reroute?retry_failed=true", null).ok();
      client.request("GET", "/_cluster/health?wait_for_status=green&timeout=60s", null).ok();
      client.request("POST", "/vectors/_forcemerge?max_num_segments=1", null).ok();
      client.request("POST", "/vectors/_refresh", null).ok();
      check(client, acknowledged);
      String count = client.request("GET", "/vectors/_count", null).ok().body();
      Matcher number = Pattern.compile("\"count\":(\\d+)").matcher(count);
      assertTrue(number.find(), count);
      assertTrue(Integer.parseInt(number.group(1)) >= acknowledged.size(), count);
      String body =
          "{\"query\":{\"matryoshka\":{\"field\":\"v\",\"k\":1,\"query_vector\":\""
              + base64(vector(acknowledged.getLast()))
              + "\"}}}";
      String hits = client.request("POST", "/vectors/_search", body).ok().body();
      assertEquals(true, hits.contains("\"_id\":\"" + acknowledged.getLast() + "\""), hits);
    }
  }
}
