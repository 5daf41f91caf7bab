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

import dev.matryoshka.action.StatsAction;
import dev.matryoshka.action.StatsRequest;
import dev.matryoshka.action.StatsRequest.Level;
import dev.matryoshka.monitor.ShardWarmer;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.FindAllQuery;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.indices.IndicesService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.test.rest.ObjectPath;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentType;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.junit.Before;

/** Statistics of vectors and searches, and recall measured on live searches. */
public class VectorStatsTests extends ESSingleNodeTestCase {

  private static final String INDEX = "papers";
  private static final int DOCS = 2000;
  private static final int K = 10;

  private Corpus corpus;

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

  @Before
  public void indexCorpus() throws IOException {
    corpus = new Corpus(random().nextLong(), DOCS);
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(
                Settings.builder()
                    .put("index.number_of_shards", 1)
                    .put("index.number_of_replicas", 0)
                    .put("index.refresh_interval", -1))
            .setMapping(Corpus.mapping()));
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int doc = 0; doc < DOCS - 1; doc++) {
      bulk.add(
          client().prepareIndex(INDEX).setId(String.valueOf(doc)).setSource(corpus.document(doc)));
    }
    assertFalse(bulk.get().hasFailures());
    indicesAdmin().prepareRefresh(INDEX).get();
    // A single segment is left alone by a merge, codes or not.
    client().prepareIndex(INDEX).setId("last").setSource(corpus.document(DOCS - 1)).get();
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private void search(int count, int keep) {
    for (int i = 0; i < count; i++) {
      var query =
          new MatryoshkaQueryBuilder(
              Corpus.FIELD,
              corpus.vector(),
              K,
              List.of(),
              List.of(Stage.hamming(Corpus.BITS, keep), Stage.floats(Corpus.DIMS, Stage.LAST)));
      assertNoFailures(client().prepareSearch(INDEX).setQuery(query).setSize(K));
    }
  }

  private ObjectPath stats(Level level) throws IOException {
    var response =
        client().execute(StatsAction.INSTANCE, new StatsRequest(level, INDEX)).actionGet();
    try (XContentParser parser =
        createParser(JsonXContent.jsonXContent, Strings.toString(response))) {
      return new ObjectPath(parser.map());
    }
  }

  private static long number(ObjectPath stats, String path) throws IOException {
    return ((Number) stats.evaluate(path)).longValue();
  }

  private static double share(ObjectPath stats, String path) throws IOException {
    return ((Number) stats.evaluate(path)).doubleValue();
  }

  public void testVectorsBySegment() throws IOException {
    ObjectPath stats = stats(Level.SEGMENTS);
    assertEquals(DOCS, number(stats, "_all.vectors.count"));
    assertEquals(DOCS, number(stats, "_all.vectors.coded"));
    assertEquals(DOCS * Corpus.DIMS * 4L, number(stats, "_all.store.raw_in_bytes"));
    assertEquals(DOCS * 8L, number(stats, "_all.store.codes_in_bytes"));
    assertEquals(DOCS * (12L + 2L), number(stats, "_all.store.corrections_in_bytes"));
    assertEquals(
        (1 + Corpus.BITS) * Corpus.DIMS * 4L, number(stats, "_all.store.rotations_in_bytes"));
    assertEquals(0, number(stats, "_all.store.bounds_in_bytes"));
    assertThat(number(stats, "_all.training.count"), greaterThanOrEqualTo(1L));
    assertThat(number(stats, "_all.training.time_in_millis"), greaterThanOrEqualTo(1L));
    String segment = "indices." + INDEX + ".shards.0.0.segments.0.";
    assertEquals(Corpus.FIELD, stats.evaluate(segment + "field"));
    assertEquals("itq", stats.evaluate(segment + "codes.rotation"));
    assertThat(number(stats, segment + "age_in_millis"), lessThan(600_000L));
    assertEquals(
        share(stats, segment + "codes.trained_alignment"),
        share(stats, segment + "codes.alignment"),
        0.05);
    assertThat(share(stats, segment + "codes.bit_balance"), greaterThan(0.8));
    String calibration = segment + "codes.calibration.";
    assertThat(number(stats, calibration + "held_out"), greaterThanOrEqualTo(16L));
    assertEquals(10, number(stats, calibration + "hamming.recall_at_10.0.keep"));
    assertThat(
        share(stats, calibration + "asymmetric.recall_at_100.0.recall"),
        greaterThan(share(stats, calibration + "hamming.recall_at_100.0.recall")));
    assertThat(share(stats, calibration + "hamming.recall_at_10.6.recall"), greaterThan(0.5));
    assertNull(stats(Level.INDICES).evaluate("indices." + INDEX + ".shards"));
    assertNull(stats(Level.SHARDS).evaluate("indices." + INDEX + ".shards.0.0.segments"));
  }

  public void testSearchesAreCounted() throws IOException {
    search(3, 50);
    ObjectPath stats = stats(Level.INDICES);
    assertEquals(3, number(stats, "_all.search.searches"));
    String stage = "_all.search.stages.hamming[64 bits].";
    assertEquals(3, number(stats, stage + "runs"));
    assertEquals(3 * DOCS, number(stats, stage + "compared"));
    assertEquals(3 * 50, number(stats, stage + "kept"));
    assertEquals(3 * 50, number(stats, "_all.search.stages.float[96 dims].compared"));
    assertEquals(0, number(stats, "_all.live_recall.sampled"));
    assertEquals(0, number(stats, "_all.live_recall.skipped"));
  }

  public void testFindAllsAreCounted() throws IOException {
    for (FindAllQuery.Mode mode : FindAllQuery.Mode.values()) {
      var query =
          MatryoshkaQueryBuilder.above(0.1f, Corpus.FIELD, corpus.vector(), null, List.of(), mode);
      assertNoFailures(client().prepareSearch(INDEX).setQuery(query));
    }
    var best =
        MatryoshkaQueryBuilder.above(0.1f, Corpus.FIELD, corpus.vector(), K, List.of(), null);
    assertNoFailures(client().prepareSearch(INDEX).setQuery(best));
    ObjectPath stats = stats(Level.INDICES);
    assertEquals(0, number(stats, "_all.search.searches"));
    assertEquals(3, number(stats, "_all.search.find_all.searches"));
    assertEquals(1, number(stats, "_all.search.find_all.fast"));
    // There are too few vectors to leave any out.
    assertEquals(1, share(stats, "_all.search.find_all.expected_recall"), 0);
    assertEquals(0, number(stats, "_all.search.find_all.skipped"));
    assertEquals(3 * DOCS, number(stats, "_all.search.find_all.verified"));
  }

  /** A search answered from the shard request cache ran no funnel. */
  public void testCachedSearchesRunOnce() throws IOException {
    var query = new MatryoshkaQueryBuilder(Corpus.FIELD, corpus.vector(), K, List.of());
    for (int i = 0; i < 3; i++) {
      assertNoFailures(client().prepareSearch(INDEX).setQuery(query).setSize(0));
    }
    assertEquals(0, number(stats(Level.INDICES), "_all.search.searches"));
  }

  public void testLiveRecall() throws Exception {
    setRate(1);
    search(40, K);
    assertBusy(
        () -> {
          ObjectPath stats = stats(Level.INDICES);
          assertEquals(
              40,
              number(stats, "_all.live_recall.sampled")
                  + number(stats, "_all.live_recall.skipped"));
        });
    ObjectPath stats = stats(Level.INDICES);
    assertThat(number(stats, "_all.live_recall.sampled"), greaterThanOrEqualTo(1L));
    double mean = share(stats, "_all.live_recall.mean");
    // As few as k codes survive: that must lose something, and the losses have a place.
    assertThat(mean, lessThan(1.0));
    assertThat(mean, greaterThan(share(stats, "_all.live_recall.confidence_95.low")));
    assertThat(mean, lessThan(share(stats, "_all.live_recall.confidence_95.high")));
    assertThat(number(stats, "_all.live_recall.lost.hamming[64 bits]"), greaterThan(0L));
    setRate(0);
    search(5, K);
    assertEquals(
        40,
        number(stats(Level.INDICES), "_all.live_recall.sampled")
            + number(stats(Level.INDICES), "_all.live_recall.skipped"));
  }

  /** What a similarity leaves of the best is not what a comparison of the best says. */
  public void testSearchesForTheBestAboveASimilarityAreNotSampled() throws Exception {
    setRate(1);
    var query =
        MatryoshkaQueryBuilder.above(
            -0.9f, Corpus.FIELD, corpus.vector(), K, List.of(), FindAllQuery.Mode.FAST);
    for (int i = 0; i < 3; i++) {
      assertNoFailures(client().prepareSearch(INDEX).setQuery(query));
    }
    search(1, K);
    assertBusy(
        () -> {
          ObjectPath stats = stats(Level.INDICES);
          assertEquals(
              1,
              number(stats, "_all.live_recall.sampled")
                  + number(stats, "_all.live_recall.skipped"));
        });
  }

  /** Not counted as searches of users. */
  public void testShardsAreWarmedUpAsTheyStart() throws Exception {
    ShardWarmer warmer = getInstanceFromNode(ShardWarmer.class);
    assertEquals(0, warmer.searches());
    assertAcked(indicesAdmin().prepareClose(INDEX));
    assertAcked(indicesAdmin().prepareOpen(INDEX));
    ensureGreen(INDEX);
    assertBusy(() -> assertThat(warmer.searches(), greaterThan(0L)));
    assertEquals(0, number(stats(Level.INDICES), "_all.search.searches"));
  }

  public void testCountersGoWithTheirShard() throws IOException {
    search(2, 50);
    assertAcked(indicesAdmin().prepareClose(INDEX));
    assertAcked(indicesAdmin().prepareOpen(INDEX));
    ensureGreen(INDEX);
    assertEquals(0, number(stats(Level.INDICES), "_all.search.searches"));
    assertEquals(0, number(stats(Level.INDICES), "_all.training.count"));
  }

  /** They would refresh every second then, whoever searches. */
  public void testShardsStayIdle() throws Exception {
    assertAcked(
        indicesAdmin()
            .prepareUpdateSettings(INDEX)
            .setSettings(Settings.builder().put("index.search.idle.after", "2s")));
    IndexShard shard =
        getInstanceFromNode(IndicesService.class).indexServiceSafe(resolveIndex(INDEX)).getShard(0);
    assertBusy(() -> assertTrue(shard.isSearchIdle()));
    assertEquals(DOCS, number(stats(Level.SEGMENTS), "_all.vectors.count"));
    assertTrue(shard.isSearchIdle());
    assertFalse("used by nobody", shard.fieldUsageStats("*").hasField(Corpus.FIELD));
  }

  /** What it shadows is indexed as before. */
  public void testRuntimeFieldOfTheSameName() throws IOException {
    for (String runtime : List.of("{\"type\":\"keyword\"}", "null")) {
      assertAcked(
          indicesAdmin()
              .preparePutMapping(INDEX)
              .setSource(
                  "{\"runtime\":{\"" + Corpus.FIELD + "\":" + runtime + "}}", XContentType.JSON));
      client().prepareIndex(INDEX).setSource(corpus.document(0)).get();
      indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
      indicesAdmin().prepareRefresh(INDEX).get();
      ObjectPath stats = stats(Level.INDICES);
      assertThat(number(stats, "_all.vectors.coded"), greaterThan((long) DOCS));
      assertEquals(number(stats, "_all.vectors.count"), number(stats, "_all.vectors.coded"));
    }
  }

  private void setRate(double rate) {
    assertAcked(
        indicesAdmin()
            .prepareUpdateSettings(INDEX)
            .setSettings(Settings.builder().put("index.matryoshka.recall_sampling.rate", rate)));
  }
}
