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
package dev.matryoshka.action;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.test.ESTestCase;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.json.JsonXContent;

/** Samples are what they would be if every shard gave all it has. */
public class QuerySampleTests extends ESTestCase {

  private RecallRequest request(int size, String source) throws IOException {
    String body =
        "{\"field\":\"v\",\"sample\":{\"size\":" + size + ",\"source\":\"" + source + "\"}}";
    try (XContentParser parser = createParser(JsonXContent.jsonXContent, body)) {
      return new RecallRequest("things").parse(parser);
    }
  }

  private static List<OneShardResponse<SampleAnswer>> ask(List<List<Long>> shards, int asked) {
    List<OneShardResponse<SampleAnswer>> answers = new ArrayList<>();
    for (int s = 0; s < shards.size(); s++) {
      List<SampleAnswer.Drawn> drawn =
          shards.get(s).stream()
              .sorted()
              .limit(asked)
              .map(key -> new SampleAnswer.Drawn(key, "" + key, new float[] {key}))
              .toList();
      answers.add(
          new OneShardResponse<>(
              new ShardId("things", "_na_", s),
              new SampleAnswer(true, shards.get(s).size(), drawn)));
    }
    return answers;
  }

  private List<String> draw(RecallRequest request, List<List<Long>> shards) {
    QuerySample sample = new QuerySample(request);
    while (sample.add(ask(shards, sample.asked())) == false) {
      assertTrue(sample.asked() <= request.sample().size());
    }
    return sample.queries().stream().map(AuditQuery::id).toList();
  }

  public void testLeastKeysOfAllShards() throws IOException {
    for (int round = 0; round < 50; round++) {
      boolean copies = randomBoolean();
      List<List<Long>> shards = new ArrayList<>();
      TreeSet<Long> all = new TreeSet<>();
      for (int s = randomIntBetween(1, 20); s > 0; s--) {
        TreeSet<Long> keys = new TreeSet<>();
        for (int i = randomIntBetween(0, 1500); i > 0; i--) {
          // Searches of several shards are kept by each of them.
          keys.add(copies ? randomLongBetween(-2000, 2000) : randomLong());
        }
        all.addAll(keys);
        shards.add(List.copyOf(keys));
      }
      if (all.isEmpty()) {
        continue;
      }
      int size = randomIntBetween(1, Math.min(1000, all.size()));
      RecallRequest request = request(size, copies ? "queries" : "documents");
      assertEquals(all.stream().limit(size).map(key -> "" + key).toList(), draw(request, shards));
    }
  }

  /** Which would be a thousand from each otherwise. */
  public void testManyShardsGiveFewEach() throws IOException {
    List<List<Long>> shards = new ArrayList<>();
    for (int s = 0; s < 100; s++) {
      shards.add(randomList(1000, 1000, () -> randomLong()));
    }
    QuerySample sample = new QuerySample(request(1000, "documents"));
    assertTrue(sample.add(ask(shards, sample.asked())));
    assertEquals(100, sample.asked());
    List<Long> all =
        shards.stream().flatMap(List::stream).sorted(Comparator.naturalOrder()).toList();
    assertEquals("" + all.getFirst(), sample.queries().getFirst().id());
  }

  public void testNotEnough() throws IOException {
    List<List<Long>> shards = List.of(List.of(1L, 2L), List.of(2L, 3L));
    Exception documents =
        expectThrows(IllegalArgumentException.class, () -> draw(request(5, "documents"), shards));
    assertEquals(
        "[size] of [sample] is [5] but only [4] documents have a vector in field [v]",
        documents.getMessage());
    Exception queries =
        expectThrows(IllegalArgumentException.class, () -> draw(request(4, "queries"), shards));
    assertTrue(queries.getMessage(), queries.getMessage().contains("only [3] different query"));
  }
}
