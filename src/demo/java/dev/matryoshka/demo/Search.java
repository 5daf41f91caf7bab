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
 * A search somebody might try.
 *
 * @param words what is looked for
 * @param options of the query, beside field, vector and k: lines of JSON
 */
record Search(String words, List<String> options) {
  static final List<Search> PREPARED =
      List.of(
          of("striped animal that looks like a horse"),
          of("someone who repairs shoes"),
          of("fear of being in small spaces"),
          of(
              "it keeps the head warm",
              """
              "filter": { "term": { "hypernyms": "clothing" } }"""),
          of(
              "a place to keep money safe",
              """
              "stages": [
                { "bits": 256, "keep": 500 },
                { "bits": 256, "score": "asymmetric", "keep": 50 },
                { "dims": 384 }
              ]"""));

  private static final int HITS = 5;

  static Search of(String words, String... options) {
    return new Search(words, List.of(options));
  }

  /**
   * The body of the search.
   *
   * @param vector what to write for the vector of the words
   */
  String body(String vector) {
    StringBuilder query = new StringBuilder("{ \"matryoshka\": {\n");
    query.append("  \"field\": \"meaning\",\n");
    for (String option : options) {
      query.append("  ").append(option.replace("\n", "\n  ")).append(",\n");
    }
    query.append("  \"k\": ").append(HITS).append(",\n");
    query.append("  \"query_vector\": \"").append(vector).append("\"\n} }");
    return """
    {
      "size": %d,
      "_source": [ "lemmas", "gloss" ],
      "query": %s
    }
    """
        .formatted(HITS, query.toString().replace("\n", "\n  "));
  }
}
