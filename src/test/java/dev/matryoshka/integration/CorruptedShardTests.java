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

import dev.matryoshka.integration.Corpus.Answer;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.cluster.metadata.IndexMetadata;
import org.elasticsearch.cluster.metadata.ProjectId;
import org.elasticsearch.cluster.routing.ShardRouting;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.indices.IndicesService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.test.ESIntegTestCase;
import org.elasticsearch.test.InternalTestCluster;
import org.elasticsearch.test.store.MockFSIndexStore;

/** A copy of a shard whose bytes go bad is given up for one whose bytes are good. */
@ESIntegTestCase.ClusterScope(scope = ESIntegTestCase.Scope.TEST, numDataNodes = 0)
public class CorruptedShardTests extends ESIntegTestCase {

  private static final String INDEX = "papers";
  private static final int K = 10;
  private static final int DOCS = 1500;

  private final Corpus corpus = new Corpus(17, DOCS);

  @Override
  protected Collection<Class<? extends Plugin>> nodePlugins() {
    return List.of(MatryoshkaPlugin.class, MockFSIndexStore.TestPlugin.class);
  }

  @Override
  protected boolean addMockInternalEngine() {
    // It brings an engine factory of its own, and an index can have but one.
    return false;
  }

  /** Two segments on each of two nodes, of which one has codes in files of their own. */
  private void indexOnTwoNodes() throws IOException {
    internalCluster().startMasterOnlyNode();
    internalCluster().startDataOnlyNodes(2);
    assertAcked(
        prepareCreate(INDEX)
            .setSettings(
                Settings.builder()
                    .put(IndexMetadata.SETTING_NUMBER_OF_SHARDS, 1)
                    .put(IndexMetadata.SETTING_NUMBER_OF_REPLICAS, 1)
                    // The test framework's own default bypasses the codec of the engine.
                    .put("index.codec", "default")
                    .put("index.compound_format", false)
                    // What is broken on purpose is not to be checked for being broken.
                    .put(MockFSIndexStore.INDEX_CHECK_INDEX_ON_CLOSE_SETTING.getKey(), false)
                    .put("index.shard.check_on_startup", "checksum")
                    .put("index.allocation.max_retries", 10)
                    .put("index.unassigned.node_left.delayed_timeout", "0")
                    .put("index.refresh_interval", -1))
            .setMapping(Corpus.mapping()));
    ensureGreen(INDEX);
    index(0, DOCS / 2);
    index(DOCS / 2, DOCS - 1);
    // Flushed segments are compound files; merged ones need not be.
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).setFlush(true).get();
    index(DOCS - 1, DOCS);
  }

  private void index(int from, int to) throws IOException {
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int doc = from; doc < to; doc++) {
      bulk.add(prepareIndex(INDEX).setId(String.valueOf(doc)).setSource(corpus.document(doc)));
    }
    assertFalse(bulk.get().hasFailures());
    flush(INDEX);
  }

  private String nodeOf(boolean primary) {
    for (ShardRouting copy :
        clusterService()
            .state()
            .routingTable(ProjectId.DEFAULT)
            .index(INDEX)
            .shard(0)
            .activeShards()) {
      if (copy.primary() == primary) {
        return clusterService().state().nodes().get(copy.currentNodeId()).getName();
      }
    }
    throw new AssertionError("no such copy");
  }

  private static Path directory(String node) {
    IndexShard shard =
        internalCluster()
            .getInstance(IndicesService.class, node)
            .indexServiceSafe(resolveIndex(INDEX))
            .getShard(0);
    return shard.shardPath().resolveIndex();
  }

  private static Path largest(Path directory, String extension) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith("." + extension))
          .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
          .orElseThrow();
    }
  }

  private static void flip(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long at = between(100, (int) channel.size() - 17);
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, at);
      one.put(0, (byte) (one.get(0) ^ 1 << between(0, 7)));
      channel.write(one.flip(), at);
    }
  }

  private void assertAllThere(String node) {
    float[] target = corpus.vector();
    MatryoshkaQueryBuilder query =
        new MatryoshkaQueryBuilder(
            Corpus.FIELD,
            target,
            K,
            List.of(),
            List.of(Stage.hamming(Corpus.BITS, 1000), Stage.floats(Corpus.DIMS, Stage.LAST)));
    String preference = "_only_nodes:" + node;
    assertNoFailuresAndResponse(
        client().prepareSearch(INDEX).setPreference(preference).setQuery(query),
        response ->
            assertEquals(
                corpus.nearest(target, K, doc -> true).stream().map(Answer::doc).toList(),
                Arrays.stream(response.getHits().getHits())
                    .map(hit -> Integer.valueOf(hit.getId()))
                    .toList()));
    assertNoFailuresAndResponse(
        client()
            .prepareSearch(INDEX)
            .setPreference(preference)
            .setQuery(matchAllQuery())
            .addDocValueField(Corpus.FIELD)
            .setSize(DOCS),
        response -> {
          assertEquals(DOCS, response.getHits().getHits().length);
          for (SearchHit hit : response.getHits()) {
            float[] vector = hit.field(Corpus.FIELD).getValue();
            assertArrayEquals(corpus.vector(Integer.parseInt(hit.getId())), vector, 0);
          }
        });
  }

  private void assertBothCopiesAreGood() {
    refresh(INDEX);
    for (boolean primary : new boolean[] {true, false}) {
      assertAllThere(nodeOf(primary));
    }
  }

  /** A merge reads all bytes: it finds the damage, and must not carry it on. */
  public void testMergeOfDamagedFiles() throws Exception {
    indexOnTwoNodes();
    String damaged = nodeOf(true);
    flip(largest(directory(damaged), randomFrom("veb", "vec")));
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    assertBusy(() -> assertEquals(damaged, nodeOf(false)), 60, TimeUnit.SECONDS);
    ensureGreen(INDEX);
    assertBothCopiesAreGood();
  }

  /** Damage done while a node is down is found when it is back. */
  public void testStartOnDamagedFiles() throws Exception {
    indexOnTwoNodes();
    String damaged = nodeOf(randomBoolean());
    Path directory = directory(damaged);
    String extension = randomFrom("vemb", "veb", "vec", "vemf");
    internalCluster()
        .restartNode(
            damaged,
            new InternalTestCluster.RestartCallback() {
              @Override
              public Settings onNodeStopped(String node) throws Exception {
                Path file = largest(directory, extension);
                if (randomBoolean()) {
                  flip(file);
                } else {
                  Files.write(file, Arrays.copyOf(Files.readAllBytes(file), between(1, 90)));
                }
                return super.onNodeStopped(node);
              }
            });
    ensureGreen(INDEX);
    assertBothCopiesAreGood();
  }
}
