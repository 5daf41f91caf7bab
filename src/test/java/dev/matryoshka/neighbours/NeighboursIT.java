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

import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import dev.matryoshka.server.SharedServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * What else Elasticsearch does with an index: searches find the same, vectors come back bit for
 * bit, or there is a sentence that says why not. docs/compatibility.md has the table.
 */
class NeighboursIT {

  private static final int DOCS = 1500;
  private static final int DIMS = 64;
  private static final int K = 10;
  private static final String VECTOR =
      "'v':{'type':'matryoshka_vector','dims':64,'index_options':{'bits':[64],'bound_dims':[64]}}";
  private static final Pattern NUMBER = Pattern.compile("\"n\":\\[(\\d+)]");
  private static final Pattern SOURCE =
      Pattern.compile(
          "\"_source\":\\{[^{}]*?\"v\":\\[([^]]*)][^{}]*}.*?\"fields\":\\{\"n\":\\[(\\d+)]");

  private static final RestClient CLIENT = new RestClient(SharedServer.node().http());
  private static final float[][] VECTORS = vectors();

  private static float[][] vectors() {
    Random random = new Random(3);
    float[][] vectors = new float[DOCS][DIMS];
    for (float[] vector : vectors) {
      for (int d = 0; d < DIMS; d++) {
        vector[d] = (float) (random.nextGaussian() / (1 + d / 8.0));
      }
    }
    return vectors;
  }

  @AfterAll
  static void deleteAll() {
    CLIENT.request("DELETE", "/nb-*", null).ok();
  }

  private static RestResponse request(String method, String path, String body) {
    return CLIENT.request(method, path, body == null ? null : body.replace('\'', '"'));
  }

  private static void create(String index, String settings, String properties) {
    request(
            "PUT",
            "/" + index,
            "{'settings':{'number_of_shards':1,'number_of_replicas':0"
                + settings
                + "},'mappings':{'properties':{'n':{'type':'integer'},"
                + VECTOR
                + properties
                + "}}}")
        .ok();
    // Two segments: what merges has codes and bounds.
    fill(index, 0, DOCS / 2);
    fill(index, DOCS / 2, DOCS);
    merge(index);
  }

  private static void fill(String index, int from, int to) {
    StringBuilder lines = new StringBuilder();
    for (int doc = from; doc < to; doc++) {
      lines.append(
          String.format(
              Locale.ROOT,
              "{\"create\":{}}%n{\"n\":%d,\"@timestamp\":\"2026-01-01T00:%02d:%02d.000Z\","
                  + "\"host\":\"h%d\",\"v\":%s}%n",
              doc,
              doc / 60,
              doc % 60,
              doc % 3,
              Arrays.toString(VECTORS[doc])));
    }
    String answer =
        CLIENT.request("POST", "/" + index + "/_bulk?refresh", lines.toString()).ok().body();
    assertTrue(answer.contains("\"errors\":false"), answer);
  }

  private static void merge(String index) {
    request("POST", "/" + index + "/_forcemerge?max_num_segments=1", null).ok();
    request("POST", "/" + index + "/_refresh", null).ok();
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double squares = 0;
    for (int i = 0; i < DIMS; i++) {
      product += (double) a[i] * b[i];
      squares += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squares);
  }

  /** The index has everything, and finds it by funnel and by similarity. */
  private static void verify(String index) {
    float[] query = VECTORS[7];
    List<Integer> nearest =
        IntStream.range(0, DOCS)
            .boxed()
            .sorted(Comparator.comparing(doc -> -cosine(query, VECTORS[doc])))
            .limit(K + 1)
            .toList();
    String vector = "'field':'v','query_vector':" + Arrays.toString(query);
    assertEquals(
        nearest.subList(0, K),
        numbers(
            search(
                index,
                "{'fields':['n'],'_source':false,'query':{'matryoshka':{'k':10,"
                    + "'stages':[{'bits':64,'keep':1000},{'dims':64}],"
                    + vector
                    + "}}}")));
    double length = Math.sqrt(cosine(query, query) * cosine(query, query));
    double least =
        (cosine(query, VECTORS[nearest.get(K - 1)]) + cosine(query, VECTORS[nearest.get(K)]))
            / 2
            / length;
    assertEquals(
        nearest.subList(0, K),
        numbers(
            search(
                index,
                "{'size':100,'fields':['n'],'_source':false,'query':{'matryoshka':{'similarity':"
                    + least
                    + ","
                    + vector
                    + "}}}")));
    String all =
        search(
            index,
            "{'size':2000,'fields':['n'],'_source':{'exclude_vectors':false,'includes':['v']}}");
    var documents = SOURCE.matcher(all);
    int seen = 0;
    while (documents.find()) {
      float[] expected = VECTORS[Integer.parseInt(documents.group(2))];
      String[] components = documents.group(1).split(",");
      for (int d = 0; d < DIMS; d++) {
        assertEquals(expected[d], Float.parseFloat(components[d]), 0f);
      }
      seen++;
    }
    assertEquals(DOCS, seen);
  }

  private static String search(String index, String body) {
    return request("POST", "/" + index + "/_search", body).ok().body();
  }

  private static List<Integer> numbers(String answer) {
    List<Integer> numbers = new ArrayList<>();
    NUMBER.matcher(answer).results().forEach(n -> numbers.add(Integer.valueOf(n.group(1))));
    return numbers;
  }

  private static void assertRefused(RestResponse response, String why) {
    assertEquals(400, response.status(), response.body());
    assertTrue(response.body().contains(why), response.body());
  }

  @Test
  void closedIndices() {
    create("nb-closed", "", "");
    request("POST", "/nb-closed/_close", null).ok();
    for (String path : List.of("/_search", "/_matryoshka/recall")) {
      String body =
          path.equals("/_search")
              ? "{'query':{'matryoshka':{'field':'v','query_vector':[1]}}}"
              : "{'field':'v','sample':{'size':2}}";
      assertRefused(request("POST", "/nb-closed" + path, body), "index_closed_exception");
    }
    assertRefused(request("GET", "/nb-closed/_matryoshka/stats", null), "index_closed_exception");
    request("GET", "/_matryoshka/stats", null).ok();
    request("POST", "/nb-closed/_open?wait_for_active_shards=1", null).ok();
    verify("nb-closed");
  }

  @Test
  void sortedIndices() {
    create("nb-sorted", ",'index.sort.field':'n','index.sort.order':'desc'", "");
    verify("nb-sorted");
    assertRefused(
        request(
            "PUT",
            "/nb-by-vector",
            "{'settings':{'index.sort.field':'v'},'mappings':{'properties':{" + VECTOR + "}}}"),
        "field [v] of type [matryoshka_vector] cannot be sorted by");
  }

  @Test
  void timeSeries() {
    String series =
        ",'index.mode':'time_series','index.routing_path':['host'],"
            + "'index.time_series.start_time':'2026-01-01T00:00:00Z',"
            + "'index.time_series.end_time':'2026-01-02T00:00:00Z'";
    create(
        "nb-series",
        series,
        ",'@timestamp':{'type':'date'},'host':{'type':'keyword','time_series_dimension':true}");
    verify("nb-series");
  }

  @Test
  void logsLookupAndSyntheticSource() {
    create("nb-logs", ",'index.mode':'logsdb'", ",'host':{'type':'keyword'}");
    verify("nb-logs");
    create("nb-lookup", ",'index.mode':'lookup'", "");
    verify("nb-lookup");
    create("nb-synthetic", ",'index.mapping.source.mode':'synthetic'", "");
    verify("nb-synthetic");
  }

  @Test
  void splitShrinkClone() {
    create("nb-whole", ",'number_of_routing_shards':4", "");
    resize("nb-whole", "split", "nb-split", ",'index.number_of_shards':4");
    verify("nb-split");
    merge("nb-split");
    verify("nb-split");
    resize("nb-split", "shrink", "nb-shrunk", ",'index.number_of_shards':1");
    verify("nb-shrunk");
    merge("nb-shrunk");
    verify("nb-shrunk");
    resize("nb-whole", "clone", "nb-cloned", "");
    verify("nb-cloned");
  }

  private static void resize(String from, String how, String to, String settings) {
    request("PUT", "/" + from + "/_settings", "{'index.blocks.write':true}").ok();
    request(
            "POST",
            "/" + from + "/_" + how + "/" + to,
            "{'settings':{'index.number_of_replicas':0,'index.blocks.write':null" + settings + "}}")
        .ok();
    request("GET", "/_cluster/health/" + to + "?wait_for_status=green", null).ok();
  }

  @Test
  void typesOfOneFieldCannotBeExchanged() {
    create("nb-typed", "", "");
    assertRefused(
        request(
            "PUT", "/nb-typed/_mapping", "{'properties':{'v':{'type':'dense_vector','dims':64}}}"),
        "cannot be changed from type [matryoshka_vector] to [dense_vector]");
    assertRefused(
        request(
            "POST", "/nb-typed/_search", "{'query':{'knn':{'field':'v','query_vector':[1,2]}}}"),
        "[knn] queries are only supported on [dense_vector] fields");
  }

  @Test
  void diskUsage() {
    create("nb-disk", "", "");
    String usage =
        request("POST", "/nb-disk/_disk_usage?run_expensive_tasks=true&filter_path=**.v", null)
            .ok()
            .body();
    var vectors = Pattern.compile("\"knn_vectors_in_bytes\":(\\d+)").matcher(usage);
    assertTrue(vectors.find(), usage);
    // What a search for the nearest reads: floats, codes of 64 bits, their corrections.
    long bytes = Long.parseLong(vectors.group(1));
    assertTrue(bytes >= DOCS * (DIMS * 4L + 8 + 2) && bytes < DOCS * DIMS * 8L, usage);
  }

  /** Such a snapshot holds what documents said, and vectors only where they are kept in that. */
  @Test
  void sourceOnlySnapshots() {
    request("POST", "/_license/start_trial?acknowledge=true", null);
    request(
            "PUT",
            "/_snapshot/nb-source",
            "{'type':'source','settings':{'delegate_type':'fs','location':'nb-source'}}")
        .ok();
    try {
      for (boolean kept : new boolean[] {false, true}) {
        String index = "nb-source-" + kept;
        create(index, kept ? ",'index.mapping.exclude_source_vectors':false" : "", "");
        request(
                "PUT",
                "/_snapshot/nb-source/" + kept + "?wait_for_completion=true",
                "{'indices':'" + index + "'}")
            .ok();
        request("DELETE", "/" + index, null).ok();
        request(
                "POST",
                "/_snapshot/nb-source/" + kept + "/_restore?wait_for_completion=true",
                "{'indices':'" + index + "'}")
            .ok();
        String all = search(index, "{'size':1}");
        assertTrue(all.contains("\"value\":" + DOCS), all);
        assertEquals(kept, all.contains("\"v\":["), all);
        String found = search(index, "{'query':{'matryoshka':{'field':'v','query_vector':[1]}}}");
        assertTrue(found.contains("\"value\":0"), found);
      }
    } finally {
      request("DELETE", "/_snapshot/nb-source", null).ok();
    }
  }
}
