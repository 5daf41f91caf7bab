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

import static org.elasticsearch.index.query.QueryBuilders.matchAllQuery;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertAcked;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailuresAndResponse;
import static org.hamcrest.Matchers.greaterThan;

import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.integration.Corpus.Answer;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.LeafReaderContext;
import org.elasticsearch.action.admin.cluster.reroute.ClusterRerouteUtils;
import org.elasticsearch.action.admin.indices.recovery.RecoveryResponse;
import org.elasticsearch.action.admin.indices.shrink.ResizeRequest;
import org.elasticsearch.action.admin.indices.shrink.ResizeType;
import org.elasticsearch.action.admin.indices.shrink.TransportResizeAction;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.action.search.SearchRequestBuilder;
import org.elasticsearch.cluster.metadata.IndexMetadata;
import org.elasticsearch.cluster.routing.allocation.command.MoveAllocationCommand;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.index.IndexService;
import org.elasticsearch.index.engine.Engine;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.indices.IndicesService;
import org.elasticsearch.indices.recovery.RecoveryState;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.search.suggest.SuggestBuilder;
import org.elasticsearch.search.suggest.SuggestBuilders;
import org.elasticsearch.search.vectors.KnnVectorQueryBuilder;
import org.elasticsearch.test.ESIntegTestCase;
import org.elasticsearch.test.InternalTestCluster;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;

/**
 * Whatever happens to an index, searches find the same documents with the same scores, and vectors
 * come back bit for bit.
 */
@ESIntegTestCase.ClusterScope(scope = ESIntegTestCase.Scope.TEST, numDataNodes = 0)
public class IndexLifecycleTests extends ESIntegTestCase {

  private static final String INDEX = "papers";
  private static final int K = 10;
  private static final int DOCS = 1500;

  private final Corpus corpus = new Corpus(11, DOCS);
  private final List<float[]> targets =
      List.of(corpus.vector(), corpus.vector(), corpus.vector(), corpus.vector());
  private final BitSet indexed = new BitSet();

  @Override
  protected Collection<Class<? extends Plugin>> nodePlugins() {
    return List.of(MatryoshkaPlugin.class);
  }

  @Override
  protected boolean addMockInternalEngine() {
    // It brings an engine factory of its own, and an index can have but one.
    return false;
  }

  private void create(String index, int replicas, XContentBuilder mapping) {
    assertAcked(prepareCreate(index).setSettings(indexSettings(replicas)).setMapping(mapping));
    ensureGreen(index);
  }

  private static Settings.Builder indexSettings(int replicas) {
    return Settings.builder()
        .put(IndexMetadata.SETTING_NUMBER_OF_SHARDS, 1)
        .put(IndexMetadata.SETTING_NUMBER_OF_REPLICAS, replicas)
        // The test framework's own default bypasses the codec of the engine.
        .put("index.codec", "default")
        .put("index.refresh_interval", -1);
  }

  private void index(int from, int to) throws IOException {
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int doc = from; doc < to; doc++) {
      bulk.add(prepareIndex(INDEX).setId(String.valueOf(doc)).setSource(corpus.document(doc)));
      indexed.set(doc);
    }
    assertFalse(bulk.get().hasFailures());
  }

  private void delete(int... docs) {
    for (int doc : docs) {
      client().prepareDelete(INDEX, String.valueOf(doc)).get();
      indexed.clear(doc);
    }
  }

  /** Changes the nearest of one target, so that every answer to it changes. */
  private void updateAndDeleteNearest() {
    List<Answer> nearest = corpus.nearest(targets.getFirst(), 6, indexed::get);
    for (Answer answer : nearest.subList(0, 3)) {
      delete(answer.doc());
    }
    for (Answer answer : nearest.subList(3, 6)) {
      float[] vector = corpus.vector();
      corpus.replace(answer.doc(), vector);
      client()
          .prepareUpdate(INDEX, String.valueOf(answer.doc()))
          .setDoc(Map.of(Corpus.FIELD, Corpus.asList(vector)))
          .get();
    }
  }

  /** One segment with codes. */
  private void indexMerged() throws IOException {
    index(0, DOCS / 2);
    refresh(INDEX);
    index(DOCS / 2, DOCS);
    mergeToOne(INDEX);
  }

  private void mergeToOne(String index) {
    indicesAdmin().prepareForceMerge(index).setMaxNumSegments(1).setFlush(true).get();
    refresh(index);
  }

  private static MatryoshkaQueryBuilder query(float[] target) {
    return new MatryoshkaQueryBuilder(
        Corpus.FIELD,
        target,
        K,
        List.of(),
        List.of(
            Stage.hamming(Corpus.BITS, 1200),
            Stage.asymmetric(Corpus.BITS, 700),
            Stage.floats(Corpus.DIMS, Stage.LAST)));
  }

  private void verify(String index) {
    verify(index, null);
  }

  /** Checks all answers and all vectors on one copy of the index. */
  private void verify(String index, String preference) {
    refresh(index);
    for (float[] target : targets) {
      assertNoFailuresAndResponse(
          search(index, preference).setQuery(query(target)).setSize(K),
          response -> {
            List<Answer> expected = corpus.nearest(target, K, indexed::get);
            SearchHit[] hits = response.getHits().getHits();
            assertEquals(
                expected.stream().map(answer -> String.valueOf(answer.doc())).toList(),
                Arrays.stream(hits).map(SearchHit::getId).toList());
            for (int i = 0; i < hits.length; i++) {
              assertEquals(expected.get(i).score(), hits[i].getScore(), 1e-5f);
            }
          });
    }
    assertNoFailuresAndResponse(
        search(index, preference)
            .setQuery(matchAllQuery())
            .addDocValueField(Corpus.FIELD)
            .setSize(DOCS),
        response -> {
          assertEquals(indexed.cardinality(), response.getHits().getHits().length);
          for (SearchHit hit : response.getHits()) {
            int doc = Integer.parseInt(hit.getId());
            assertTrue(indexed.get(doc));
            assertArrayEquals(corpus.vector(doc), (float[]) hit.field(Corpus.FIELD).getValue(), 0);
          }
        });
  }

  private SearchRequestBuilder search(String index, String preference) {
    return client().prepareSearch(index).setPreference(preference);
  }

  /** The vector formats of the fields in all segments of a copy. */
  private static Map<String, String> formats(String node, String index) {
    Map<String, String> formats = new HashMap<>();
    try (Engine.Searcher searcher = shard(node, index).acquireSearcher("formats")) {
      for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
        for (FieldInfo field : leaf.reader().getFieldInfos()) {
          String format = field.getAttribute(PerFieldKnnVectorsFormat.PER_FIELD_FORMAT_KEY);
          if (format != null) {
            String other = formats.put(field.name, format);
            assertTrue(other == null || other.equals(format));
          }
        }
      }
    }
    return formats;
  }

  private static IndexShard shard(String node, String index) {
    return internalCluster()
        .getInstance(IndicesService.class, node)
        .indexServiceSafe(resolveIndex(index))
        .getShard(0);
  }

  private static boolean isReplaced(String node, IndexShard failed) {
    IndexService index =
        internalCluster()
            .getInstance(IndicesService.class, node)
            .indexService(failed.shardId().getIndex());
    return index != null && index.getShardOrNull(0) != null && index.getShard(0) != failed;
  }

  private static long recoveredOperations(String index, String targetNode) {
    RecoveryResponse recoveries = indicesAdmin().prepareRecoveries(index).get();
    for (RecoveryState state : recoveries.shardRecoveryStates().get(index)) {
      if (state.getTargetNode().getName().equals(targetNode)) {
        return state.getTranslog().recoveredOperations();
      }
    }
    throw new AssertionError("no recovery on " + targetNode);
  }

  public void testFullRestart() throws Exception {
    String node = internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    verify(INDEX);
    assertEquals(Map.of(Corpus.FIELD, MatryoshkaVectorsFormat.NAME), formats(node, INDEX));
    updateAndDeleteNearest();
    internalCluster().fullRestart();
    ensureGreen(INDEX);
    verify(INDEX);
    mergeToOne(INDEX);
    verify(INDEX);
    assertEquals(Map.of(Corpus.FIELD, MatryoshkaVectorsFormat.NAME), formats(node, INDEX));
  }

  public void testCrashReplaysTheTranslog() throws Exception {
    String node = internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    // What follows is in the translog only: failing a shard neither flushes nor commits.
    delete(1, 2, 3);
    index(1, 3);
    updateAndDeleteNearest();
    IndexShard failed = shard(node, INDEX);
    failed.failShard("test", new IOException("test"));
    assertBusy(() -> assertTrue("the shard has failed", isReplaced(node, failed)));
    ensureGreen(INDEX);
    assertThat(recoveredOperations(INDEX, node), greaterThan(5L));
    verify(INDEX);
  }

  public void testDeletesAndUpdatesThroughMerges() throws Exception {
    internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    for (int round = 0; round < 3; round++) {
      updateAndDeleteNearest();
      verify(INDEX);
      mergeToOne(INDEX);
      verify(INDEX);
    }
  }

  public void testCloseAndOpen() throws Exception {
    internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    updateAndDeleteNearest();
    assertAcked(indicesAdmin().prepareClose(INDEX));
    ensureGreen(INDEX);
    assertAcked(indicesAdmin().prepareOpen(INDEX));
    ensureGreen(INDEX);
    verify(INDEX);
  }

  public void testReplicaAndRelocation() throws Exception {
    String first = internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    updateAndDeleteNearest();
    String second = internalCluster().startNode();
    setReplicaCount(1, INDEX);
    ensureGreen(INDEX);
    verify(INDEX, "_only_nodes:" + nodeId(first));
    verify(INDEX, "_only_nodes:" + nodeId(second));
    assertEquals(Map.of(Corpus.FIELD, MatryoshkaVectorsFormat.NAME), formats(second, INDEX));
    // Replicated one by one, and merged by the replica itself.
    updateAndDeleteNearest();
    mergeToOne(INDEX);
    verify(INDEX, "_only_nodes:" + nodeId(second));

    setReplicaCount(0, INDEX);
    ensureGreen(INDEX);
    String from = shardNode();
    String to = from.equals(first) ? second : first;
    ClusterRerouteUtils.reroute(client(), new MoveAllocationCommand(INDEX, 0, from, to));
    ensureGreen(INDEX);
    assertEquals(to, shardNode());
    verify(INDEX);
    updateAndDeleteNearest();
    verify(INDEX);
  }

  private static String nodeId(String name) {
    return internalCluster().clusterService(name).localNode().getId();
  }

  private String shardNode() {
    String id =
        clusterAdmin()
            .prepareState(TimeValue.timeValueSeconds(30))
            .get()
            .getState()
            .routingTable()
            .index(INDEX)
            .shard(0)
            .primaryShard()
            .currentNodeId();
    for (String name : internalCluster().getNodeNames()) {
      if (nodeId(name).equals(id)) {
        return name;
      }
    }
    throw new AssertionError("no node " + id);
  }

  public void testReplicaCatchesUpByOperations() throws Exception {
    String primary = internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    String replica = internalCluster().startNode();
    setReplicaCount(1, INDEX);
    ensureGreen(INDEX);
    assertEquals(primary, shardNode());
    // The operations it misses come from the primary's index, where the source lacks the vectors.
    internalCluster()
        .restartNode(
            replica,
            new InternalTestCluster.RestartCallback() {
              @Override
              public Settings onNodeStopped(String name) throws Exception {
                updateAndDeleteNearest();
                delete(5, 6);
                index(5, 7);
                return super.onNodeStopped(name);
              }
            });
    ensureGreen(INDEX);
    assertThat(recoveredOperations(INDEX, replica), greaterThan(5L));
    verify(INDEX, "_only_nodes:" + nodeId(replica));
  }

  public void testSnapshotAndRestore() throws Exception {
    String node = internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    updateAndDeleteNearest();
    assertAcked(
        clusterAdmin()
            .preparePutRepository(TEST_REQUEST_TIMEOUT, TEST_REQUEST_TIMEOUT, "backup")
            .setType("fs")
            .setSettings(Settings.builder().put("location", randomRepoPath())));
    clusterAdmin()
        .prepareCreateSnapshot(TEST_REQUEST_TIMEOUT, "backup", "one")
        .setIndices(INDEX)
        .setWaitForCompletion(true)
        .get();
    clusterAdmin()
        .prepareRestoreSnapshot(TEST_REQUEST_TIMEOUT, "backup", "one")
        .setRenamePattern(INDEX)
        .setRenameReplacement("restored")
        .setWaitForCompletion(true)
        .get();
    ensureGreen("restored");
    verify("restored");
    assertEquals(Map.of(Corpus.FIELD, MatryoshkaVectorsFormat.NAME), formats(node, "restored"));
    mergeToOne("restored");
    verify("restored");
  }

  public void testClone() throws Exception {
    internalCluster().startNode();
    create(INDEX, 0, Corpus.mapping());
    indexMerged();
    updateAndDeleteNearest();
    updateIndexSettings(Settings.builder().put("index.blocks.write", true), INDEX);
    ResizeRequest clone =
        new ResizeRequest(
            TEST_REQUEST_TIMEOUT, TEST_REQUEST_TIMEOUT, ResizeType.CLONE, INDEX, "cloned");
    clone.getTargetIndexRequest().settings(indexSettings(0));
    assertAcked(client().execute(TransportResizeAction.TYPE, clone));
    ensureGreen("cloned");
    verify("cloned");
  }

  public void testNeighboursKeepTheirFormats() throws Exception {
    String node = internalCluster().startNode();
    XContentBuilder mapping = XContentFactory.jsonBuilder().startObject().startObject("properties");
    mapping.startObject("ours").field("type", "matryoshka_vector").field("dims", 96).endObject();
    mapping.startObject("rounded").field("type", "matryoshka_vector").field("dims", 96);
    mapping.field("element_type", "bfloat16").endObject();
    mapping.startObject("also_ours").field("type", "matryoshka_vector").field("dims", 96);
    mapping.endObject();
    mapping.startObject("dense").field("type", "dense_vector").field("dims", 96);
    mapping.startObject("index_options").field("type", "hnsw").endObject().endObject();
    mapping.startObject("suggest").field("type", "completion");
    mapping.field("analyzer", "keyword").endObject();
    create("mixed", 0, mapping.endObject().endObject());
    for (int from = 0; from < DOCS; from += DOCS / 2) {
      BulkRequestBuilder bulk = client().prepareBulk();
      for (int doc = from; doc < from + DOCS / 2; doc++) {
        List<Float> vector = Corpus.asList(corpus.vector(doc));
        bulk.add(
            prepareIndex("mixed")
                .setId(String.valueOf(doc))
                .setSource(
                    Map.of(
                        "ours", vector,
                        "also_ours", vector,
                        "rounded", vector,
                        "dense", vector,
                        "suggest", "word" + doc)));
      }
      assertFalse(bulk.get().hasFailures());
      refresh("mixed");
    }
    for (int round = 0; round < 2; round++) {
      Map<String, String> formats = formats(node, "mixed");
      for (String field : List.of("ours", "also_ours", "rounded")) {
        assertEquals(MatryoshkaVectorsFormat.NAME, formats.get(field));
      }
      assertEquals("ES93HnswVectorsFormat", formats.get("dense"));
      float[] target = targets.getFirst();
      String best = String.valueOf(corpus.nearest(target, 1, doc -> true).getFirst().doc());
      for (String field : List.of("ours", "also_ours", "rounded")) {
        assertNoFailuresAndResponse(
            client()
                .prepareSearch("mixed")
                .setQuery(new MatryoshkaQueryBuilder(field, target, K, List.of())),
            response -> assertEquals(best, response.getHits().getAt(0).getId()));
      }
      assertNoFailuresAndResponse(
          client()
              .prepareSearch("mixed")
              .setQuery(new KnnVectorQueryBuilder("dense", target, K, 200, null, null, null)),
          response -> assertEquals(best, response.getHits().getAt(0).getId()));
      assertNoFailuresAndResponse(
          client()
              .prepareSearch("mixed")
              .suggest(
                  new SuggestBuilder()
                      .addSuggestion(
                          "words",
                          SuggestBuilders.completionSuggestion("suggest").text("word1499"))),
          response -> {
            List<String> words = new ArrayList<>();
            response
                .getSuggest()
                .getSuggestion("words")
                .getEntries()
                .getFirst()
                .forEach(option -> words.add(option.getText().string()));
            assertEquals(List.of("word1499"), words);
          });
      mergeToOne("mixed");
    }
  }
}
