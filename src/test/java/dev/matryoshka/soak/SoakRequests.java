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

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Locale;
import java.util.Random;

/**
 * The index of a soak, and bodies of requests for it: all of a size that stays, since documents
 * have a bounded number of ids and filters a bounded number of values.
 */
final class SoakRequests {

  static final String INDEX = "soaked";

  /** Ids of documents: 0 to this, exclusive. */
  static final int DOCUMENTS = 12_000;

  private static final int DIMS = 256;
  private static final int PART_DIMS = 64;
  private static final String[] TAGS = {"a", "b", "c", "d", "e"};

  private final Random random;

  SoakRequests(Random random) {
    this.random = random;
  }

  static String index() {
    return """
        {"settings":{"number_of_shards":2,"number_of_replicas":0,"index.refresh_interval":"1s",
          "index.matryoshka.recall_sampling.rate":0.05,
          "index.matryoshka.recall_sampling.keep_queries":100},
        "mappings":{"properties":{
          "v":{"type":"matryoshka_vector","dims":256,
            "index_options":{"bits":[64,256],"bound_dims":[128]}},
          "tag":{"type":"keyword"},"n":{"type":"integer"},
          "parts":{"type":"nested","properties":{"w":{"type":"matryoshka_vector","dims":64}}}}}}""";
  }

  /** Lines that put documents of some ids. */
  String fill(int from, int count) {
    StringBuilder lines = new StringBuilder();
    for (int id = from; id < from + count; id++) {
      lines.append(line("index", id)).append(document()).append('\n');
    }
    return lines.toString();
  }

  /** Lines that put, update and delete documents. */
  String changes(int count) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      int id = random.nextInt(DOCUMENTS);
      switch (random.nextInt(10)) {
        case 0 -> lines.append(line("delete", id));
        case 1, 2 ->
            lines
                .append(line("update", id))
                .append("{\"doc\":{\"n\":")
                .append(random.nextInt(1000))
                .append("},\"upsert\":")
                .append(document())
                .append("}\n");
        default -> lines.append(line("index", id)).append(document()).append('\n');
      }
    }
    return lines.toString();
  }

  private static String line(String action, int id) {
    return String.format(Locale.ROOT, "{\"%s\":{\"_id\":\"%d\"}}%n", action, id);
  }

  private String document() {
    return String.format(
        Locale.ROOT,
        "{\"v\":%s,\"tag\":\"%s\",\"n\":%d,\"parts\":[{\"w\":%s},{\"w\":%s}]}",
        vector(DIMS),
        tag(),
        random.nextInt(1000),
        vector(PART_DIMS),
        vector(PART_DIMS));
  }

  private String tag() {
    return TAGS[random.nextInt(TAGS.length)];
  }

  /** A vector of falling variance, as embeddings have. */
  private String vector(int dims) {
    ByteBuffer bytes = ByteBuffer.allocate(dims * Float.BYTES);
    for (int d = 0; d < dims; d++) {
      bytes.putFloat((float) (random.nextGaussian() / (1 + d / 8.0)));
    }
    return '"' + Base64.getEncoder().encodeToString(bytes.array()) + '"';
  }

  private String matryoshka(String more) {
    return "{\"matryoshka\":{\"field\":\"v\",\"query_vector\":" + vector(DIMS) + more + "}}";
  }

  private String nested(String more, String around) {
    return "{\"nested\":{\"path\":\"parts\",\"query\":{\"matryoshka\":{\"field\":\"parts.w\","
        + "\"query_vector\":"
        + vector(PART_DIMS)
        + more
        + "}}"
        + around
        + "}}";
  }

  private String filter() {
    return ",\"filter\":{\"term\":{\"tag\":\"" + tag() + "\"}}";
  }

  /** The body of a search of one of all kinds. */
  String search() {
    return switch (random.nextInt(14)) {
      case 0 -> query(matryoshka(",\"k\":10"));
      case 1 -> query(matryoshka(",\"k\":200"));
      case 2 -> query(matryoshka(",\"k\":10" + filter()));
      case 3 -> query(matryoshka(",\"k\":10,\"target_recall\":0.9" + filter()));
      case 4 ->
          query(
              matryoshka(
                  ",\"k\":10,\"stages\":[{\"bits\":64,\"keep\":800},{\"bits\":256,"
                      + "\"score\":\"asymmetric\",\"keep\":100},{\"dims\":256}]"));
      case 5 -> query(matryoshka(",\"k\":20,\"stages\":[{\"dims\":256}]"));
      case 6 -> query(matryoshka(",\"similarity\":0.4"));
      case 7 -> query(matryoshka(",\"similarity\":0.3,\"mode\":\"fast\""));
      case 8 -> query(matryoshka(",\"similarity\":0.2,\"k\":50" + filter()));
      case 9 ->
          query(
              "{\"bool\":{\"must\":["
                  + matryoshka(",\"similarity\":0.2")
                  + "],\"must_not\":["
                  + matryoshka(",\"similarity\":0.4")
                  + "]}}");
      case 10 -> query(nested(",\"k\":10", ",\"inner_hits\":{\"size\":2}"));
      case 11 -> query(nested(",\"similarity\":0.5", ""));
      case 12 ->
          "{\"size\":5,\"profile\":true,\"explain\":true,\"query\":" + matryoshka(",\"k\":5") + "}";
      default ->
          "{\"size\":0,\"query\":"
              + matryoshka(",\"similarity\":0.2")
              + ",\"aggs\":{\"tags\":{\"terms\":{\"field\":\"tag\"}}}}";
    };
  }

  private static String query(String query) {
    return "{\"size\":10,\"_source\":false,\"query\":" + query + "}";
  }

  /** The body of a search that is read page by page. */
  String pages(String more) {
    return "{\"size\":100,\"_source\":false"
        + more
        + ",\"query\":"
        + matryoshka(",\"similarity\":0.2")
        + "}";
  }

  /** The settings that keep so many vectors of searches from now on. */
  static String keepQueries(int count) {
    return "{\"index.matryoshka.recall_sampling.keep_queries\":" + count + "}";
  }

  /** The body of a search that has hardly time to begin. */
  String hurried() {
    return "{\"timeout\":\"1ms\",\"query\":" + matryoshka(",\"similarity\":-1") + "}";
  }

  String audit() {
    return "{\"field\":\"v\",\"k\":10,\"sample\":{\"size\":3}}";
  }
}
