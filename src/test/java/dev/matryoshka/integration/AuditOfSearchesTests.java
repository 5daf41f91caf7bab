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

import dev.matryoshka.action.RecallAction;
import dev.matryoshka.action.RecallRequest;
import dev.matryoshka.audit.AuditReport;
import dev.matryoshka.audit.QueryResult;
import dev.matryoshka.monitor.KeptQueries;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.cluster.metadata.IndexMetadata;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.indices.IndicesService;
import org.elasticsearch.indices.breaker.CircuitBreakerService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.XContentParser;
import org.junit.Before;

/** Audits whose queries are drawn from real searches. */
public class AuditOfSearchesTests extends ESSingleNodeTestCase {

  private static final String INDEX = "papers";
  private static final int DOCS = 3000;
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

  @Before
  public void indexCorpus() throws IOException {
    corpus = new Corpus(random().nextLong(), DOCS);
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(
                Settings.builder()
                    .put("index.number_of_shards", 2)
                    .put("index.number_of_replicas", 0)
                    .put("index.refresh_interval", -1))
            .setMapping(Corpus.mapping()));
    // A single segment is left alone by a merge, codes or not.
    index(0, DOCS / 2);
    index(DOCS / 2, DOCS);
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private void index(int from, int to) throws IOException {
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int doc = from; doc < to; doc++) {
      bulk.add(
          client().prepareIndex(INDEX).setId(String.valueOf(doc)).setSource(corpus.document(doc)));
    }
    assertFalse(bulk.get().hasFailures());
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private void keep(int size) {
    assertAcked(
        indicesAdmin()
            .prepareUpdateSettings(INDEX)
            .setSettings(Settings.builder().put(KeptQueries.SIZE.getKey(), size)));
  }

  private void search(float[] vector) {
    MatryoshkaQueryBuilder query = new MatryoshkaQueryBuilder(Corpus.FIELD, vector, K, List.of());
    assertNoFailures(client().prepareSearch(INDEX).setQuery(query).setSize(K));
  }

  private List<float[]> searchSome(int count) {
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      vectors.add(corpus.vector());
      search(vectors.get(i));
    }
    return vectors;
  }

  /** The first stage is narrow enough to lose something. */
  private AuditReport audit(XContentBuilder body) throws IOException {
    body.field("field", Corpus.FIELD).field("k", K).field("details", true).startArray("stages");
    body.startObject().field("bits", Corpus.BITS).field("keep", K).endObject();
    body.startObject().field("dims", Corpus.DIMS).endObject().endArray().endObject();
    try (XContentParser parser = createParser(body)) {
      RecallRequest request = new RecallRequest(INDEX).parse(parser);
      return client().execute(RecallAction.INSTANCE, request).actionGet().report();
    }
  }

  private AuditReport auditOfSearches(int size, long seed) throws IOException {
    XContentBuilder body = XContentFactory.jsonBuilder().startObject().startObject("sample");
    body.field("size", size).field("source", "queries").field("seed", seed).endObject();
    return audit(body);
  }

  private static List<String> ids(AuditReport report) {
    return report.results().getFirst().details().stream().map(QueryResult::id).toList();
  }

  private void expectKept(int count) throws IOException {
    assertEquals(count, count == 0 ? 0 : ids(auditOfSearches(count, 1)).size());
    IllegalArgumentException refusal =
        expectThrows(IllegalArgumentException.class, () -> auditOfSearches(count + 1, 1));
    assertEquals(
        "[size] of [sample] is ["
            + (count + 1)
            + "] but only ["
            + count
            + "] different query vectors of searches of field [embedding] are kept; how many are"
            + " is up to [index.matryoshka.recall_sampling.keep_queries]",
        refusal.getMessage().replace("[" + Corpus.FIELD + "]", "[embedding]"));
  }

  /** Settings change for those who listen first, and for everybody else a moment later. */
  public void testSearchesThatStillSeeTheOldSize() throws IOException {
    keep(10);
    searchSome(2);
    expectKept(2);
    getInstanceFromNode(KeptQueries.class).resize(resolveIndex(INDEX), 0);
    expectKept(0);
    searchSome(2);
    expectKept(0);
  }

  /** Masters try changes of settings on a copy of the index, and may reject them. */
  public void testChangesThatAreOnlyTried() throws IOException {
    keep(10);
    searchSome(2);
    IndicesService indices = getInstanceFromNode(IndicesService.class);
    IndexMetadata now = indices.indexServiceSafe(resolveIndex(INDEX)).getMetadata();
    Settings none =
        Settings.builder().put(now.getSettings()).put(KeptQueries.SIZE.getKey(), 0).build();
    indices.verifyIndexMetadata(
        now,
        IndexMetadata.builder(now)
            .settings(none)
            .settingsVersion(now.getSettingsVersion() + 1)
            .build());
    searchSome(1);
    expectKept(3);
  }

  private long accounted() {
    return getInstanceFromNode(CircuitBreakerService.class)
        .getBreaker(CircuitBreaker.REQUEST)
        .getUsed();
  }

  public void testNothingIsKeptUnlessAskedFor() throws IOException {
    searchSome(3);
    expectKept(0);
  }

  public void testTheSameAsQueriesPassed() throws IOException {
    keep(100);
    List<float[]> vectors = searchSome(9);
    AuditReport drawn = auditOfSearches(9, 3);
    XContentBuilder body = XContentFactory.jsonBuilder().startObject();
    AuditReport passed = audit(body.field("query_vectors", vectors));
    assertEquals(DOCS, drawn.documents());
    TreeMap<Double, Integer> recalls = new TreeMap<>();
    drawn.results().getFirst().details().forEach(q -> recalls.merge(q.recall(), 1, Integer::sum));
    passed.results().getFirst().details().forEach(q -> recalls.merge(q.recall(), -1, Integer::sum));
    assertEquals(List.of(0), recalls.values().stream().distinct().toList());
    assertTrue(drawn.results().getFirst().recall().mean() < 1);
  }

  public void testTheSameSearchCountsOnce() throws IOException {
    keep(100);
    List<float[]> vectors = searchSome(5);
    search(vectors.get(2));
    expectKept(5);
  }

  public void testSeedsChoose() throws IOException {
    keep(100);
    searchSome(20);
    assertEquals(ids(auditOfSearches(5, 8)), ids(auditOfSearches(5, 8)));
    TreeSet<String> drawn = new TreeSet<>();
    for (int seed = 0; seed < 8; seed++) {
      drawn.addAll(ids(auditOfSearches(5, seed)));
    }
    assertTrue(drawn.toString(), drawn.size() > 5);
  }

  public void testTheLatestAreKept() throws IOException {
    keep(3);
    List<float[]> vectors = searchSome(2);
    List<String> first = ids(auditOfSearches(2, 1));
    searchSome(2);
    search(vectors.get(1));
    searchSome(1);
    expectKept(3);
    // Searched again, so it outlived the one that was not.
    List<String> left = new ArrayList<>(ids(auditOfSearches(3, 1)));
    left.retainAll(first);
    assertEquals(1, left.size());
  }

  public void testFewerFromNowOn() throws IOException {
    keep(100);
    searchSome(6);
    keep(4);
    expectKept(4);
    keep(0);
    expectKept(0);
    keep(100);
    expectKept(0);
  }

  public void testMemoryIsGivenBack() throws Exception {
    long before = accounted();
    keep(100);
    searchSome(6);
    assertTrue(accounted() >= before + 6L * Corpus.DIMS * Float.BYTES);
    keep(1);
    assertTrue(accounted() < before + 2L * Corpus.DIMS * Float.BYTES + 1000);
    assertAcked(indicesAdmin().prepareDelete(INDEX));
    assertBusy(() -> assertEquals(before, accounted()));
  }
}
