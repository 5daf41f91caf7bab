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

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Compares what an index holds and finds with what its clients were promised. */
final class Verdict {

  private static final int QUERIES = 25;

  private final TestCluster cluster;
  private final Model model;
  private int documents;
  private int copies;
  private int searches;

  Verdict(TestCluster cluster, Model model) {
    this.cluster = cluster;
    this.model = model;
  }

  int documents() {
    return documents;
  }

  int copies() {
    return copies;
  }

  int searches() {
    return searches;
  }

  /** Checks every copy of every shard, and searches; an AssertionError tells what was lost. */
  void check(String index, long seed) {
    cluster.demand("POST", "/" + index + "/_refresh", null);
    Map<String, float[]> any = Scan.all(cluster, index, "");
    compare(any, "any copies");
    documents = any.size();
    checkCopies(index, any);
    Random random = new Random(seed);
    for (int i = 0; i < QUERIES; i++) {
      checkSearches(index, Model.vector(random), any);
    }
  }

  private void compare(Map<String, float[]> found, String where) {
    Map<String, Model.Document> known = model.all();
    for (var each : known.entrySet()) {
      float[] vector = found.getOrDefault(each.getKey(), Model.ABSENT);
      boolean possible =
          each.getValue().possible.stream().anyMatch(other -> Arrays.equals(vector, other));
      if (possible == false) {
        throw new AssertionError(
            "document "
                + each.getKey()
                + " on "
                + where
                + (vector == Model.ABSENT ? " is lost" : " is not what was acknowledged"));
      }
    }
    Set<String> strangers = new HashSet<>(found.keySet());
    strangers.removeAll(known.keySet());
    if (strangers.isEmpty() == false) {
      throw new AssertionError("documents nobody sent on " + where + ": " + strangers);
    }
  }

  private void checkCopies(String index, Map<String, float[]> any) {
    String shards =
        cluster.demand("GET", "/_cat/shards/" + index + "?format=json&h=shard,id", null).body();
    Map<String, Map<String, float[]>> firstCopies = new HashMap<>();
    for (Object each : (List<?>) JsonReader.read(shards)) {
      Map<?, ?> copy = (Map<?, ?>) each;
      String shard = (String) copy.get("shard");
      String preference = "_shards:" + shard + "%7C_only_nodes:" + copy.get("id");
      Map<String, float[]> found = Scan.all(cluster, index, preference);
      Map<String, float[]> first = firstCopies.putIfAbsent(shard, found);
      if (first != null) {
        assertEqual(first, found, "copies of shard " + shard);
      }
      copies++;
    }
    Map<String, float[]> all = new HashMap<>();
    firstCopies.values().forEach(all::putAll);
    assertEqual(any, all, "all shards and the index");
  }

  private static void assertEqual(
      Map<String, float[]> expected, Map<String, float[]> found, String what) {
    boolean same = expected.keySet().equals(found.keySet());
    for (String id : same ? expected.keySet() : Set.<String>of()) {
      same &= Arrays.equals(expected.get(id), found.get(id));
    }
    if (same == false) {
      throw new AssertionError(
          what + " differ: " + expected.size() + " documents and " + found.size());
    }
  }

  private void checkSearches(String index, float[] query, Map<String, float[]> all) {
    List<String> best =
        all.keySet().stream()
            .sorted(Comparator.comparing(id -> -Model.cosine(query, all.get(id))))
            .limit(201)
            .toList();
    for (int count : new int[] {10, 200}) {
      if (best.size() <= count) {
        continue;
      }
      Set<String> expected = new HashSet<>(best.subList(0, count));
      double least =
          (Model.cosine(query, all.get(best.get(count - 1)))
                  + Model.cosine(query, all.get(best.get(count))))
              / 2;
      String vector = "\"field\":\"v\",\"query_vector\":" + Arrays.toString(query);
      expect(index, "{\"matryoshka\":{\"similarity\":" + least + "," + vector + "}}", expected);
      String exact = "\"stages\":[{\"dims\":" + Model.DIMS + "}],\"k\":" + count;
      expect(index, "{\"matryoshka\":{" + exact + "," + vector + "}}", expected, count);
    }
  }

  private void expect(String index, String query, Set<String> expected) {
    expect(index, query, expected, 1000);
  }

  private void expect(String index, String query, Set<String> expected, int size) {
    String answer =
        cluster
            .demand(
                "POST",
                "/" + index + "/_search?allow_partial_search_results=false",
                "{\"_source\":false,\"size\":" + size + ",\"query\":" + query + "}")
            .body();
    Set<String> found = new HashSet<>();
    Scan.hits(answer).forEach(hit -> found.add((String) hit.get("_id")));
    if (found.equals(expected) == false) {
      Set<String> missing = new HashSet<>(expected);
      missing.removeAll(found);
      throw new AssertionError(
          "a search finds " + found.size() + " and misses " + missing + ": " + query);
    }
    searches++;
  }
}
