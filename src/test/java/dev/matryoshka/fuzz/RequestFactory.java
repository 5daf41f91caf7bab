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

import static dev.matryoshka.fuzz.JsonText.array;
import static dev.matryoshka.fuzz.JsonText.object;

import dev.matryoshka.fuzz.JsonText.Members;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Makes valid requests of every kind that the plugin has a part in, and spoils them. The request of
 * a number depends on seed and number only.
 *
 * <p>Left out is what Elasticsearch itself answers with 500 whatever the field: settings of the
 * wrong shape, and a term suggester on a field without text.
 */
final class RequestFactory {

  /** The index that requests are about. */
  static final String INDEX = "fuzz";

  /** Dims of {@link #FIELD}. */
  static final int DIMS = 64;

  static final String FIELD = "embedding";

  /** A component of every vector, not to be found in logs. */
  static final String CANARY = "0.123454321";

  private static final int MOST_MUTATIONS = 4;

  private final long seed;

  RequestFactory(long seed) {
    this.seed = seed;
  }

  /** Creates {@link #INDEX}. */
  static FuzzRequest createIndex() {
    return new FuzzRequest(
        "PUT",
        "/" + INDEX,
        JsonText.write(
            object(
                "settings",
                object("number_of_shards", 1, "number_of_replicas", 0),
                "mappings",
                object(
                    "properties",
                    object(
                        FIELD,
                        object(
                            "type",
                            "matryoshka_vector",
                            "dims",
                            DIMS,
                            "index_options",
                            object("bits", array(64), "bound_dims", array(64))),
                        "halves",
                        object(
                            "type",
                            "matryoshka_vector",
                            "dims",
                            8,
                            "element_type",
                            "bfloat16",
                            "similarity",
                            "l2_norm"),
                        "later",
                        object("type", "matryoshka_vector"),
                        "tag",
                        object("type", "keyword"),
                        "parts",
                        object(
                            "type",
                            "nested",
                            "properties",
                            object("v", object("type", "matryoshka_vector", "dims", 8))))))));
  }

  /** Documents enough for codes. */
  static FuzzRequest fillIndex(int from, int count) {
    StringBuilder lines = new StringBuilder();
    for (int i = from; i < from + count; i++) {
      Random random = new Random(i);
      lines.append("{\"index\":{\"_id\":\"").append(i).append("\"}}\n");
      lines.append(JsonText.write(new One(random).document())).append('\n');
    }
    return new FuzzRequest("POST", "/" + INDEX + "/_bulk?refresh", lines.toString());
  }

  /** The request of a number. */
  FuzzRequest request(long number) {
    Random random = new Random(seed * 1_000_003 + number);
    random.nextInt();
    return new One(random).request(number);
  }

  /** One request in the making. */
  private static final class One {
    private final Random random;

    One(Random random) {
      this.random = random;
    }

    FuzzRequest request(long number) {
      List<Supplier<FuzzRequest>> kinds =
          List.of(
              () -> search(query()),
              () -> search(query()),
              () -> search(query()),
              () -> search(compound()),
              () -> search(compound()),
              () -> spoiled("POST", "/" + INDEX + "/_count", object("query", query())),
              () -> spoiled("GET", "/" + INDEX + "/_explain/7", object("query", query())),
              () ->
                  spoiled(
                      "POST", "/" + INDEX + "/_validate/query?rewrite", object("query", query())),
              () -> spoiled("POST", "/" + INDEX + "/_matryoshka/recall", audit()),
              () -> spoiled("POST", "/" + INDEX + "/_matryoshka/recall", audit()),
              this::stats,
              () -> create(number),
              () -> spoiled("PUT", "/" + INDEX + "/_mapping", object("properties", properties())),
              () ->
                  spoiled(
                      "PUT", "/" + INDEX + "/_doc/" + (10_000 + random.nextInt(50)), document()),
              () -> spoiled("POST", "/" + INDEX + "/_update/" + random.nextInt(50), update()),
              this::bulk,
              this::multiSearch);
      return kinds.get(random.nextInt(kinds.size())).get();
    }

    private FuzzRequest spoiled(String method, String path, Object body) {
      FuzzRequest request = new FuzzRequest(method, path, spoil(body));
      return random.nextInt(30) == 0 ? request.asYaml() : request;
    }

    private String spoil(Object body) {
      Object mutated =
          new Mutator(random).mutate(body, random.nextInt(1 + random.nextInt(MOST_MUTATIONS + 1)));
      String text = JsonText.write(mutated);
      if (random.nextInt(30) == 0) {
        text = text.substring(0, random.nextInt(text.length() + 1));
      }
      return text;
    }

    private FuzzRequest search(Object query) {
      Members body = object("query", query);
      maybe(body, "size", random.nextInt(30));
      maybe(body, "from", random.nextInt(30));
      maybe(body, "profile", true);
      maybe(body, "explain", true);
      maybe(body, "track_total_hits", random.nextBoolean());
      maybe(body, "docvalue_fields", array(FIELD, object("field", "halves", "format", "binary")));
      maybe(body, "fields", array(FIELD, "later", "*"));
      maybe(body, "_source", object("exclude_vectors", false));
      maybe(body, "min_score", 0.2);
      maybe(body, "timeout", "5s");
      maybe(body, "sort", array("_score", object("tag", "asc")));
      maybe(body, "aggs", object("a", object("terms", object("field", "tag"))));
      maybe(body, "aggs", object("a", object("terms", object("field", FIELD))));
      maybe(body, "sort", array(object(FIELD, "asc")));
      maybe(body, "highlight", object("fields", object(FIELD, object())));
      maybe(body, "collapse", object("field", "tag"));
      maybe(body, "rescore", object("window_size", 5, "query", object("rescore_query", query())));
      String parameters = random.nextInt(8) == 0 ? "?scroll=1ms" : "";
      return spoiled("POST", "/" + INDEX + "/_search" + parameters, body);
    }

    private void maybe(Members body, String name, Object value) {
      if (random.nextInt(12) == 0) {
        body.with(name, value);
      }
    }

    private Members query() {
      String field = pick(FIELD, FIELD, FIELD, "halves", "later", "missing", "tag");
      Members body = object("field", field, "query_vector", vector(field.equals(FIELD) ? DIMS : 8));
      if (random.nextBoolean()) {
        body.with("k", 1 + random.nextInt(20));
      }
      if (random.nextInt(3) == 0) {
        body.with("similarity", random.nextFloat());
        if (random.nextBoolean()) {
          body.with("mode", pick("lossless", "fast"));
        }
      }
      if (random.nextInt(3) == 0) {
        body.with("filter", pick(filter(), array(filter(), filter())));
      }
      if (random.nextInt(3) == 0) {
        body.with("stages", stages());
      }
      maybe(body, "target_recall", random.nextFloat());
      maybe(body, "boost", random.nextFloat() * 3);
      maybe(body, "_name", "named");
      maybe(body, "query_vector_builder", object("unknown", object("model", "m")));
      return object("matryoshka", body);
    }

    private Members filter() {
      return switch (random.nextInt(5)) {
        case 0 -> object("term", object("tag", pick("a", "b", "none")));
        case 1 -> object("exists", object("field", pick(FIELD, "halves", "later")));
        case 2 -> object("bool", object("must_not", array(object("term", object("tag", "a")))));
        case 3 -> query();
        default -> object("match_all", object());
      };
    }

    private List<Object> stages() {
      List<Object> stages = array(object("bits", 64, "keep", 200));
      if (random.nextBoolean()) {
        stages.add(object("bits", 64, "score", "asymmetric", "keep", 100));
      }
      if (random.nextBoolean()) {
        stages.add(object("dims", 32, "keep", 50));
      }
      stages.add(object("dims", 64));
      return stages;
    }

    private Members compound() {
      Members nested =
          object(
              "nested",
              object(
                  "path",
                  "parts",
                  "query",
                  object(
                      "matryoshka", object("field", "parts.v", "query_vector", vector(8), "k", 5)),
                  "inner_hits",
                  object("size", 2)));
      return switch (random.nextInt(6)) {
        case 0 -> nested;
        case 1 -> object("bool", object("should", array(query(), filter(), nested)));
        case 2 -> object("bool", object("must", array(query()), "must_not", array(query())));
        case 3 -> object("constant_score", object("filter", query()));
        case 4 -> object("function_score", object("query", query(), "boost", 2));
        default -> object("dis_max", object("queries", array(query(), query())));
      };
    }

    private Members audit() {
      Members body = object("field", pick(FIELD, FIELD, "halves", "later", "missing", "parts.v"));
      if (random.nextBoolean()) {
        body.with(
            "sample",
            object(
                "size",
                1 + random.nextInt(5),
                "seed",
                random.nextInt(99),
                "source",
                pick("documents", "queries")));
      } else {
        Members labelled = object("id", "q", "query_vector", vector(DIMS));
        labelled.with("ratings", array(object("_id", "3", "rating", 1)));
        body.with("query_vectors", array(labelled, vector(DIMS)));
      }
      maybe(body, "k", array(1, 10));
      maybe(body, "filter", filter());
      maybe(body, "stages", stages());
      maybe(body, "target_recall", 0.5 + random.nextFloat() / 2);
      maybe(body, "worst", 3);
      maybe(body, "details", true);
      return body;
    }

    private FuzzRequest stats() {
      String level = pick("indices", "shards", "segments", "all", "", "%00", "Segments");
      String index = pick("", "/" + INDEX, "/_all", "/nothing", "/" + INDEX + ",nothing", "/-*");
      return new FuzzRequest(
          "GET",
          index
              + "/_matryoshka/stats?level="
              + level
              + pick("", "&ignore_unavailable=true", "&human", "&filter_path=_all", "&x=1"),
          null);
    }

    private Members properties() {
      Members field = object("type", "matryoshka_vector");
      if (random.nextBoolean()) {
        field.with("dims", pick(2, 8, 64, 128, 4096));
      }
      maybe(field, "element_type", pick("float", "bfloat16", "byte"));
      maybe(field, "similarity", pick("cosine", "dot_product", "max_inner_product", "l2_norm"));
      maybe(field, "meta", object("unit", "m"));
      Members options = object();
      maybe(options, "rotation", pick("itq", "pca", "random", "pca_random", "none", "best"));
      maybe(options, "bits", array(64, 128));
      maybe(options, "bits", 64);
      maybe(options, "bound_dims", array(64));
      if (random.nextBoolean()) {
        field.with("index_options", options);
      }
      return object(pick(FIELD, "later", "f" + random.nextInt(5)), field);
    }

    private FuzzRequest create(long number) {
      Members mappings = object("properties", properties());
      maybe(mappings, "_source", object("mode", "synthetic"));
      maybe(mappings, "dynamic", "strict");
      Members settings = object("number_of_replicas", 0);
      maybe(settings, "matryoshka.recall_sampling.rate", 1);
      maybe(settings, "matryoshka.recall_sampling.keep_queries", random.nextInt(20) - 3);
      maybe(settings, "matryoshka.find_all.max_scored", random.nextInt(20) - 3);
      String body =
          "{\"settings\":" + JsonText.write(settings) + ",\"mappings\":" + spoil(mappings) + "}";
      return new FuzzRequest("PUT", "/" + INDEX + "-" + number, body);
    }

    Members document() {
      Members document = object(FIELD, vector(DIMS), "tag", pick("a", "b", "c"));
      document.with("halves", vector(8));
      document.with("parts", array(object("v", vector(8)), object("v", vector(8))));
      maybe(document, "later", vector(16));
      return document;
    }

    private Members update() {
      return object("doc", object(pick(FIELD, "halves", "later"), vector(DIMS)));
    }

    private FuzzRequest bulk() {
      StringBuilder lines = new StringBuilder();
      for (int i = random.nextInt(3); i >= 0; i--) {
        String id = String.valueOf(10_000 + random.nextInt(50));
        lines.append(JsonText.write(object("index", object("_id", id)))).append('\n');
        lines.append(spoil(document()).replace('\n', ' ')).append('\n');
      }
      return new FuzzRequest("POST", "/" + INDEX + "/_bulk", lines.toString());
    }

    private FuzzRequest multiSearch() {
      StringBuilder lines = new StringBuilder();
      for (int i = random.nextInt(3); i >= 0; i--) {
        lines.append("{}\n").append(spoil(object("query", query()))).append('\n');
      }
      return new FuzzRequest("POST", "/" + INDEX + "/_msearch", lines.toString());
    }

    private Object vector(int dims) {
      ByteBuffer bytes = ByteBuffer.allocate(dims * Float.BYTES);
      List<Object> vector = new ArrayList<>();
      for (int d = 0; d < dims; d++) {
        float component = (float) random.nextGaussian() / (1 + d);
        vector.add(component);
        bytes.putFloat(component);
      }
      vector.set(dims - 1, new JsonText.Verbatim(CANARY));
      return random.nextInt(10) == 0 ? Base64.getEncoder().encodeToString(bytes.array()) : vector;
    }

    @SafeVarargs
    private <T> T pick(T... values) {
      return values[random.nextInt(values.length)];
    }
  }
}
