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

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads all documents of an index, with their vectors. */
final class Scan {

  private static final int PAGE = 2000;

  private Scan() {}

  /** The hits in the answer to a search. */
  @SuppressWarnings("unchecked")
  static List<Map<String, Object>> hits(String answer) {
    Map<String, Object> hits = (Map<String, Object>) object(answer).get("hits");
    return (List<Map<String, Object>>) hits.get("hits");
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(String answer) {
    return (Map<String, Object>) JsonReader.read(answer);
  }

  /**
   * Reads everything.
   *
   * @param preference which copies to read, or an empty string for any
   * @return vectors by id
   */
  static Map<String, float[]> all(TestCluster cluster, String index, String preference) {
    Map<String, float[]> all = new HashMap<>();
    String answer =
        cluster
            .demand(
                "POST",
                "/"
                    + index
                    + "/_search?scroll=2m&allow_partial_search_results=false"
                    + (preference.isEmpty() ? "" : "&preference=" + preference),
                "{\"size\":"
                    + PAGE
                    + ",\"sort\":[\"_doc\"],\"_source\":{\"exclude_vectors\":false,"
                    + "\"includes\":[\"v\"]}}")
            .body();
    List<Map<String, Object>> page = hits(answer);
    while (page.isEmpty() == false) {
      for (Map<String, Object> hit : page) {
        Map<?, ?> source = (Map<?, ?>) hit.get("_source");
        float[] vector = vector((List<?>) source.get("v"));
        if (all.put((String) hit.get("_id"), vector) != null) {
          throw new AssertionError("document " + hit.get("_id") + " is twice there");
        }
      }
      String scroll = (String) object(answer).get("_scroll_id");
      answer =
          cluster
              .demand(
                  "POST", "/_search/scroll", "{\"scroll\":\"2m\",\"scroll_id\":\"" + scroll + "\"}")
              .body();
      page = hits(answer);
    }
    return all;
  }

  private static float[] vector(List<?> components) {
    if (components == null) {
      throw new AssertionError("a document has no vector");
    }
    float[] vector = new float[components.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = ((JsonReader.Number) components.get(i)).toFloat();
    }
    return vector;
  }
}
