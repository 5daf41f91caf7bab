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
package dev.matryoshka.demo;

import java.util.List;

/**
 * A search for all nouns of a kind, which has no natural number of hits: everything above a
 * similarity, without what is like something else. WordNet knows which hits are right.
 *
 * @param kind what to find, a hypernym
 * @param except what to leave out, a hypernym, or null
 */
record KindSearch(String kind, String except) {
  static final List<KindSearch> PREPARED =
      List.of(new KindSearch("bird", null), new KindSearch("animal", "dog"));

  /** Cosines with the words; that of what is left out. */
  static final List<Double> SIMILARITIES = List.of(0.70, 0.67, 0.64, 0.61);

  private static final double EXCEPT_SIMILARITY = 0.74;

  /** What a search for the best few would be limited to. */
  static final int TOP = 1000;

  String title() {
    return "Find all: " + kind + "s" + (except == null ? "" : ", but no " + except + "s");
  }

  /** Everything at least as similar. */
  String above(double similarity, String vector, String exceptVector) {
    return body("\"similarity\": " + similarity, vector, exceptVector);
  }

  /** The best ones. */
  String top(String vector, String exceptVector) {
    return body("\"k\": " + TOP, vector, exceptVector);
  }

  private String body(String limit, String vector, String exceptVector) {
    return """
    {
      "size": 0,
      "track_total_hits": true,
      "query": { "bool": {
        "must": %s%s
      } },
      "aggs": { "right": { "filter": %s } }
    }
    """
        .formatted(
            matryoshka(limit, vector),
            except == null
                ? ""
                : ",\n    \"must_not\": "
                    + matryoshka("\"similarity\": " + EXCEPT_SIMILARITY, exceptVector),
            truth());
  }

  private static String matryoshka(String limit, String vector) {
    return "{ \"matryoshka\": { \"field\": \"meaning\", %s, \"query_vector\": \"%s\" } }"
        .formatted(limit, vector);
  }

  /** Counts what there is to find. */
  String count() {
    return "{ \"size\": 0, \"track_total_hits\": true, \"query\": %s }".formatted(truth());
  }

  private String truth() {
    return """
    { "bool": { "must": { "term": { "hypernyms": "%s" } }%s } }"""
        .formatted(
            kind,
            except == null
                ? ""
                : ", \"must_not\": { \"term\": { \"hypernyms\": \"" + except + "\" } }");
  }
}
