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
package dev.matryoshka.integration;

import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertAcked;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailures;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.lessThan;

import dev.matryoshka.BrokenRotation;
import dev.matryoshka.Embeddings;
import dev.matryoshka.monitor.LiveRecall;
import dev.matryoshka.monitor.SearchCounts;
import dev.matryoshka.monitor.SearchMonitor;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.indices.IndicesService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;

/**
 * Live sampling tells a first stage that has gone blind from one that sees, without any label: on
 * real embeddings, by the searches of users alone.
 */
public class BlindFirstStageTests extends ESSingleNodeTestCase {

  private static final String INDEX = "abstracts";
  private static final String FIELD = "vector";
  private static final int DIMS = 768;
  private static final int BITS = 256;
  private static final int DOCS = 3000;
  private static final int K = 10;

  /** Enough for an interval that is narrower than what is to be told apart. */
  private static final int SAMPLED = 60;

  private static final List<Stage> STAGES =
      List.of(
          Stage.hamming(BITS, 300), Stage.asymmetric(BITS, 100), Stage.floats(DIMS, Stage.LAST));

  @Override
  protected Collection<Class<? extends Plugin>> getPlugins() {
    return List.of(MatryoshkaPlugin.class);
  }

  @Override
  protected boolean resetNodeAfterTest() {
    return true;
  }

  @Override
  protected Settings nodeSettings() {
    return Settings.builder().put("matryoshka.recall_sampling.max_time_share", 1).build();
  }

  private void index(float[][] vectors) throws IOException {
    XContentBuilder mapping = XContentFactory.jsonBuilder().startObject();
    mapping.startObject("properties").startObject(FIELD);
    mapping.field("type", "matryoshka_vector").field("dims", DIMS);
    mapping.endObject().endObject().endObject();
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(
                Settings.builder()
                    .put("index.number_of_shards", 1)
                    .put("index.number_of_replicas", 0)
                    .put("index.compound_format", false)
                    .put("index.refresh_interval", -1)
                    .put("index.matryoshka.recall_sampling.rate", 1))
            .setMapping(mapping));
    for (int from = 0; from < vectors.length; from += vectors.length / 2) {
      BulkRequestBuilder bulk = client().prepareBulk();
      for (int i = from; i < from + vectors.length / 2; i++) {
        bulk.add(client().prepareIndex(INDEX).setSource(FIELD, base64(vectors[i])));
      }
      assertFalse(bulk.get().hasFailures());
      indicesAdmin().prepareRefresh(INDEX).get();
    }
    // Flushed segments are compound files; merged ones need not be.
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).setFlush(true).get();
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private IndexShard shard() {
    return getInstanceFromNode(IndicesService.class)
        .indexServiceSafe(resolveIndex(INDEX))
        .getShard(0);
  }

  /** What searches show of themselves, from when their shard was opened. */
  private SearchCounts search(
      float[][] queries, Function<float[], MatryoshkaQueryBuilder> searching) throws Exception {
    ShardId shard = shard().shardId();
    SearchMonitor monitor = getInstanceFromNode(SearchMonitor.class);
    for (int q = 0; q < queries.length; q++) {
      MatryoshkaQueryBuilder query = searching.apply(queries[q]);
      assertNoFailures(client().prepareSearch(INDEX).setQuery(query).setSize(K));
      long searched = q + 1;
      assertBusy(
          () -> {
            LiveRecall live = monitor.counts(shard).liveRecall();
            assertEquals(searched, live.queries() + live.skipped());
          });
    }
    SearchCounts counts = monitor.counts(shard);
    assertThat(counts.liveRecall().queries(), greaterThanOrEqualTo(queries.length / 2L));
    return counts;
  }

  private static MatryoshkaQueryBuilder staged(float[] query) {
    return new MatryoshkaQueryBuilder(FIELD, query, K, List.of(), STAGES);
  }

  private static MatryoshkaQueryBuilder targeted(float[] query) {
    return new MatryoshkaQueryBuilder(FIELD, query, K, List.of());
  }

  private static long scored(SearchCounts counts) {
    return counts.stages().get("float[" + DIMS + " dims]").compared();
  }

  private void reopen(boolean broken) throws IOException {
    Path directory = shard().shardPath().resolveIndex();
    assertAcked(indicesAdmin().prepareClose(INDEX));
    if (broken) {
      Path codes;
      try (Stream<Path> files = Files.list(directory)) {
        codes = files.filter(file -> file.toString().endsWith(".veb")).findFirst().orElseThrow();
      }
      byte[] bytes = Files.readAllBytes(codes);
      BrokenRotation.breakIn(bytes, BITS, DIMS, random());
      Files.write(codes, bytes);
    }
    assertAcked(indicesAdmin().prepareOpen(INDEX));
    ensureGreen(INDEX);
  }

  public void testLiveRecallFalls() throws Exception {
    assumeTrue("no embeddings in " + Embeddings.DIRECTORY, Embeddings.available());
    float[][] queries = Embeddings.load("scifact_queries", SAMPLED);
    index(Embeddings.load("scifact_docs", DOCS));
    LiveRecall sound = search(queries, BlindFirstStageTests::staged).liveRecall();
    assertThat(sound.toString(), sound.mean(), greaterThanOrEqualTo(0.97));
    reopen(true);
    LiveRecall blind = search(queries, BlindFirstStageTests::staged).liveRecall();
    assertThat(blind.toString(), blind.interval().high(), lessThan(0.5));
    assertThat(blind.lost().get("hamming[" + BITS + " bits]"), greaterThan(blind.expected() / 2));
    // A search with a target notices by itself that distances tell nothing: it scores nearly all.
    reopen(false);
    SearchCounts targeted = search(queries, BlindFirstStageTests::targeted);
    assertThat(targeted.liveRecall().mean(), greaterThanOrEqualTo(0.97));
    assertThat(scored(targeted), greaterThan((long) (0.9 * DOCS * SAMPLED)));
  }
}
