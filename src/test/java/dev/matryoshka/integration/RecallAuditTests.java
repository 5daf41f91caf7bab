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
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailuresAndResponse;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.either;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import dev.matryoshka.action.RecallAction;
import dev.matryoshka.action.RecallRequest;
import dev.matryoshka.audit.AuditReport;
import dev.matryoshka.audit.AuditReport.AtK;
import dev.matryoshka.audit.QueryResult;
import dev.matryoshka.integration.Corpus.Answer;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.elasticsearch.ElasticsearchException;
import org.elasticsearch.ExceptionsHelper;
import org.elasticsearch.action.admin.indices.alias.IndicesAliasesRequest;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.common.breaker.CircuitBreakingException;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.QueryBuilders;
import org.elasticsearch.indices.breaker.CircuitBreakerService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.xcontent.ToXContent;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.XContentParser;
import org.junit.Before;

/** Audits of an index of several shards and segments, against searches and exact answers. */
public class RecallAuditTests extends ESSingleNodeTestCase {

  private static final String INDEX = "papers";
  private static final int SHARDS = 2;
  private static final int DOCS = 5000;
  private static final int QUERIES = 12;

  /** Few enough to lose some of the answers. */
  private static final List<Stage> STAGES =
      List.of(
          Stage.hamming(Corpus.BITS, 60),
          Stage.asymmetric(Corpus.BITS, 30),
          Stage.floats(Corpus.DIMS, Stage.LAST));

  private static final float TIE = 1e-6f;

  private Corpus corpus;
  private final Set<Integer> deleted = new HashSet<>();

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
                    .put("index.number_of_shards", SHARDS)
                    .put("index.number_of_replicas", 0)
                    .put("index.refresh_interval", -1))
            .setMapping(Corpus.mapping()));
    // In each shard a segment with codes, and small ones without.
    index(0, 3000);
    index(3000, 4500);
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    index(4500, DOCS);
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int i = 0; i < 100; i++) {
      int doc = random().nextInt(DOCS);
      deleted.add(doc);
      bulk.add(client().prepareDelete(INDEX, String.valueOf(doc)));
    }
    assertFalse(bulk.get().hasFailures());
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

  private RecallRequest request(XContentBuilder body, String... indices) throws IOException {
    try (XContentParser parser = createParser(body)) {
      return new RecallRequest(indices).parse(parser);
    }
  }

  private XContentBuilder body(List<float[]> queries, int... ks) throws IOException {
    XContentBuilder b = XContentFactory.jsonBuilder().startObject();
    b.field("field", Corpus.FIELD).field("k", ks).field("details", true);
    b.startArray("query_vectors");
    for (float[] query : queries) {
      b.value(query);
    }
    b.endArray();
    b.startArray("stages");
    b.startObject().field("bits", Corpus.BITS).field("keep", STAGES.get(0).keep()).endObject();
    b.startObject().field("bits", Corpus.BITS).field("score", "asymmetric");
    b.field("keep", STAGES.get(1).keep()).endObject();
    b.startObject().field("dims", Corpus.DIMS).endObject();
    return b.endArray();
  }

  private AuditReport audit(RecallRequest request) {
    return client().execute(RecallAction.INSTANCE, request).actionGet().report();
  }

  private List<float[]> queries() {
    return queries(doc -> deleted.contains(doc) == false);
  }

  /** Rounding does not decide which of the documents accepted are the best for them. */
  private List<float[]> queries(IntPredicate accept, int... ks) {
    List<float[]> queries = new ArrayList<>();
    while (queries.size() < QUERIES) {
      float[] query = corpus.vector();
      if (Arrays.stream(ks).allMatch(k -> clear(corpus.nearest(query, k + 1, accept), k))) {
        queries.add(query);
      }
    }
    return queries;
  }

  private static boolean clear(List<Answer> nearest, int k) {
    return nearest.get(k - 1).score() - nearest.get(k).score() > 10 * TIE;
  }

  /** What searches find of what they should, counted without any of the audit's code. */
  private int found(
      float[] query, int k, String index, IntPredicate accept, QueryBuilder... filters) {
    float worst = corpus.nearest(query, k, accept).getLast().score() - TIE;
    int[] found = new int[1];
    assertNoFailuresAndResponse(
        client()
            .prepareSearch(index)
            .setQuery(new MatryoshkaQueryBuilder(Corpus.FIELD, query, k, List.of(filters), STAGES))
            .setSize(k),
        response ->
            found[0] =
                (int)
                    Arrays.stream(response.getHits().getHits())
                        .map(hit -> corpus.vector(Integer.parseInt(hit.getId())))
                        .filter(vector -> Corpus.score(query, vector) >= worst)
                        .count());
    return found[0];
  }

  private void assertSameAsSearches(
      AuditReport report,
      List<float[]> queries,
      String index,
      IntPredicate accept,
      QueryBuilder... filters) {
    for (AtK result : report.results()) {
      long found = 0;
      long lost = 0;
      for (int q = 0; q < queries.size(); q++) {
        QueryResult detail = result.details().get(q);
        assertEquals(result.k(), detail.expected());
        assertEquals(found(queries.get(q), result.k(), index, accept, filters), detail.found());
        assertEquals(
            result.k() - detail.found(),
            detail.lost().values().stream().mapToInt(Integer::intValue).sum());
        found += detail.found();
        lost += detail.expected() - detail.found();
      }
      assertEquals((double) found / result.k() / queries.size(), result.recall().mean(), 1e-9);
      assertEquals(lost, result.stages().stream().mapToLong(AuditReport.StageReport::lost).sum());
      assertEquals(SHARDS, result.shards().size());
    }
  }

  public void testEqualsSearches() throws IOException {
    IntPredicate live = doc -> deleted.contains(doc) == false;
    List<float[]> queries = queries(live, 10, 30);
    AuditReport report = audit(request(body(queries, 10, 30).endObject(), INDEX));
    assertSameAsSearches(report, queries, INDEX, live);
    assertEquals(DOCS - deleted.size(), report.documents());
    AtK wider = report.results().get(1);
    assertThat(wider.toString(), wider.stages().getFirst().lost(), greaterThan(0L));
  }

  public void testEqualsSearchesWithFilterThroughAlias() throws IOException {
    assertAcked(
        indicesAdmin()
            .prepareAliases(TEST_REQUEST_TIMEOUT, TEST_REQUEST_TIMEOUT)
            .addAliasAction(
                IndicesAliasesRequest.AliasActions.add()
                    .index(INDEX)
                    .alias("even")
                    .filter(QueryBuilders.termsQuery("group", "0", "2", "4", "6", "8"))));
    QueryBuilder filter = QueryBuilders.rangeQuery("n").gte(1000);
    IntPredicate accept = doc -> deleted.contains(doc) == false && doc % 2 == 0 && doc >= 1000;
    List<float[]> queries = queries(accept, 10);
    XContentBuilder body = body(queries, 10).field("filter");
    filter.toXContent(body, ToXContent.EMPTY_PARAMS);
    AuditReport report = audit(request(body.endObject(), "even"));
    assertSameAsSearches(report, queries, "even", accept, filter);
    assertEquals(IntStream.range(0, DOCS).filter(accept).count(), report.documents());
  }

  public void testAliasWithVectorQueryAsFilter() throws IOException {
    List<float[]> queries = queries();
    assertAcked(
        indicesAdmin()
            .prepareAliases(TEST_REQUEST_TIMEOUT, TEST_REQUEST_TIMEOUT)
            .addAliasAction(
                IndicesAliasesRequest.AliasActions.add()
                    .index(INDEX)
                    .alias("near")
                    .filter(
                        new MatryoshkaQueryBuilder(
                            Corpus.FIELD, queries.getFirst(), 50, List.of()))));
    AuditReport report = audit(request(body(queries, 10).endObject(), "near"));
    assertThat(report.documents(), greaterThanOrEqualTo(50L));
  }

  /** What the curve says of a first stage that keeps more is what such a stage does. */
  public void testCurveForetells() throws IOException {
    List<float[]> queries = queries();
    AtK narrow = audit(request(body(queries, 10).endObject(), INDEX)).results().getFirst();
    for (AuditReport.CurvePoint point : narrow.curve()) {
      if (point.k1() < 10 || point.k1() > DOCS) {
        continue;
      }
      XContentBuilder b = XContentFactory.jsonBuilder().startObject();
      b.field("field", Corpus.FIELD).field("query_vectors", queries);
      b.startArray("stages");
      b.startObject().field("bits", Corpus.BITS).field("keep", point.k1()).endObject();
      b.startObject().field("dims", Corpus.DIMS).endObject();
      AtK wide = audit(request(b.endArray().endObject(), INDEX)).results().getFirst();
      // A document may get past a stage and be crowded out of a slightly wider one.
      assertEquals("k1 " + point.k1(), point.recall(), wide.recall().mean(), 0.02);
    }
    for (AuditReport.Target target : narrow.targets()) {
      assertTrue(target.scored() <= DOCS);
    }
  }

  /** For searches that aim at the default recall. */
  private static XContentBuilder plainBody(List<float[]> queries, int... ks) throws IOException {
    XContentBuilder b = XContentFactory.jsonBuilder().startObject().field("field", Corpus.FIELD);
    return b.field("query_vectors", queries).field("k", ks).endObject();
  }

  private void limitRequests(String limit) {
    assertAcked(
        clusterAdmin()
            .prepareUpdateSettings(TEST_REQUEST_TIMEOUT, TEST_REQUEST_TIMEOUT)
            .setPersistentSettings(Settings.builder().put("indices.breaker.request.limit", limit)));
  }

  /** A search for so many compares all documents exactly, but one for few does not. */
  public void testCurveDoesNotDependOnOtherNumbers() throws IOException {
    List<float[]> queries = queries();
    List<List<AuditReport.CurvePoint>> curves = new ArrayList<>();
    for (int[] ks : new int[][] {{10}, {10, 5000}}) {
      curves.add(audit(request(plainBody(queries, ks), INDEX)).results().getFirst().curve());
    }
    assertEquals(curves.getFirst(), curves.getLast());
    assertThat(curves.getFirst().getFirst().recall(), lessThan(0.9));
  }

  /** What a shard needs fits into the limit, what the answers of all take does not. */
  public void testAnswersAreAccountedFor() throws IOException {
    CircuitBreaker memory =
        getInstanceFromNode(CircuitBreakerService.class).getBreaker(CircuitBreaker.REQUEST);
    long before = memory.getUsed();
    limitRequests("1mb");
    try {
      Exception tooMuch =
          expectThrows(Exception.class, () -> audit(request(plainBody(queries(), 10_000), INDEX)));
      Throwable cause = ExceptionsHelper.unwrap(tooMuch, CircuitBreakingException.class);
      assertNotNull(tooMuch.toString(), cause);
      assertThat(
          cause.getMessage(), containsString("data for [indices:data/read/matryoshka/recall]"));
      assertEquals(before, memory.getUsed());
      audit(request(plainBody(queries(), 10), INDEX));
      assertEquals(before, memory.getUsed());
    } finally {
      limitRequests(null);
    }
  }

  public void testSampleOfDocumentsLeavesThemOut() throws IOException {
    XContentBuilder b = XContentFactory.jsonBuilder().startObject();
    b.field("field", Corpus.FIELD).field("k", 10).field("details", true);
    b.startObject("sample").field("size", 20).field("seed", 7).endObject().endObject();
    AuditReport report = audit(request(b, INDEX));
    List<QueryResult> details = report.results().getFirst().details();
    assertEquals(20, details.size());
    assertEquals(20, details.stream().map(QueryResult::id).distinct().count());
    for (QueryResult detail : details) {
      assertFalse(deleted.contains(Integer.parseInt(detail.id())));
    }
    // All but the document itself.
    assertEquals(DOCS - deleted.size() - 1, report.documents());
    List<String> again =
        audit(request(b, INDEX)).results().getFirst().details().stream()
            .map(QueryResult::id)
            .toList();
    assertEquals(details.stream().map(QueryResult::id).toList(), again);
  }

  public void testLabels() throws IOException {
    float[] query = corpus.vector();
    List<Answer> nearest = corpus.nearest(query, 40, doc -> deleted.contains(doc) == false);
    XContentBuilder b = XContentFactory.jsonBuilder().startObject();
    b.field("field", Corpus.FIELD).field("k", 10).startArray("query_vectors").startObject();
    b.field("id", "q").field("query_vector", query).startArray("ratings");
    rating(b, nearest.get(0).doc(), 1);
    rating(b, nearest.get(3).doc(), 2);
    rating(b, nearest.get(30).doc(), 1);
    rating(b, nearest.get(1).doc(), 0);
    b.endArray().endObject().endArray();
    // A funnel that keeps every document finds everything.
    b.startArray("stages");
    b.startObject().field("bits", Corpus.BITS).field("keep", DOCS).endObject();
    b.startObject().field("dims", Corpus.DIMS).endObject();
    AtK result = audit(request(b.endArray().endObject(), INDEX)).results().getFirst();
    assertEquals(1, result.labelled());
    assertEquals(2 / 3.0, result.labels().exactRecall(), 1e-9);
    double log2 = Math.log(2);
    double gain = 1 / (Math.log(2) / log2) + 3 / (Math.log(5) / log2);
    double ideal = 3 + 1 / (Math.log(3) / log2) + 1 / (Math.log(4) / log2);
    assertEquals(gain / ideal, result.labels().exactNdcg(), 1e-9);
    assertEquals(1, result.recall().mean(), 0);
    assertEquals(gain / ideal, result.labels().ndcg(), 1e-9);
  }

  private static void rating(XContentBuilder b, int doc, int grade) throws IOException {
    b.startObject().field("_index", INDEX).field("_id", String.valueOf(doc));
    b.field("rating", grade).endObject();
  }

  private void assertRefused(XContentBuilder body, RestStatus status, String message, String index)
      throws Exception {
    RecallRequest request = request(body, index);
    Exception e = expectThrows(Exception.class, () -> audit(request));
    Throwable cause = ExceptionsHelper.unwrapCause(e);
    assertThat(Strings.toString(body), cause.getMessage(), containsString(message));
    assertEquals(cause.toString(), status, ExceptionsHelper.status(cause));
    assertBusy(this::assertNothingLeft);
  }

  private void assertNothingLeft() {
    var tasks =
        clusterAdmin().prepareListTasks().setActions(RecallAction.NAME + "*").get().getTasks();
    assertTrue(tasks.toString(), tasks.isEmpty());
  }

  private static XContentBuilder sample(String field, int size) throws IOException {
    XContentBuilder b = XContentFactory.jsonBuilder().startObject().field("field", field);
    return b.startObject("sample").field("size", size).endObject().endObject();
  }

  public void testRefusals() throws Exception {
    assertRefused(sample("nowhere", 5), RestStatus.BAD_REQUEST, "no field [nowhere] in", INDEX);
    assertRefused(
        sample("group", 5), RestStatus.BAD_REQUEST, "field [group] is of type [keyword]", INDEX);
    assertRefused(
        sample(Corpus.FIELD, 5), RestStatus.NOT_FOUND, "no such index [missing]", "missing");
    assertRefused(
        sample(Corpus.FIELD, 1001),
        RestStatus.BAD_REQUEST,
        "[size] of [sample] must be between [1] and [1000] but was [1001]",
        INDEX);
    assertRefused(
        body(List.of(corpus.vector()), 0).endObject(),
        RestStatus.BAD_REQUEST,
        "[k] must be between [1] and [10000] but was [0]",
        INDEX);
    assertRefused(
        body(List.of(corpus.vector()), 31).endObject(),
        RestStatus.BAD_REQUEST,
        "[keep] must be at least [k], which is [31]",
        INDEX);
    assertRefused(
        body(List.of(new float[] {1, 2}), 5).endObject(),
        RestStatus.BAD_REQUEST,
        "query [0]: field ["
            + Corpus.FIELD
            + "] of type [matryoshka_vector] has [96] dimensions but"
            + " got a vector of [2]",
        INDEX);
    assertRefused(
        body(List.of(corpus.vector(), new float[] {1, 2}), 5).endObject(),
        RestStatus.BAD_REQUEST,
        "[query_vector] of query [1] has [2] dimensions but that of query [0] has [96]",
        INDEX);
    assertRefused(
        targeted(1.5).endObject(),
        RestStatus.BAD_REQUEST,
        "[target_recall] must be at least [0.5] and less than [1] but was [1.5]",
        INDEX);
    assertRefused(
        targeted(0.9)
            .startArray("stages")
            .startObject()
            .field("dims", Corpus.DIMS)
            .endObject()
            .endArray()
            .endObject(),
        RestStatus.BAD_REQUEST,
        "[target_recall] chooses the stages, so it does not go with [stages], but was [0.9]",
        INDEX);
    assertAcked(indicesAdmin().prepareClose(INDEX));
    assertRefused(sample(Corpus.FIELD, 5), RestStatus.BAD_REQUEST, "closed", INDEX);
  }

  private XContentBuilder targeted(double recall) throws IOException {
    XContentBuilder b = XContentFactory.jsonBuilder().startObject().field("field", Corpus.FIELD);
    b.field("target_recall", recall).field("k", 10);
    return b.startObject("sample").field("size", 20).field("seed", 3).endObject();
  }

  /** The codes of all shards are searched as the target wants, whatever is found. */
  public void testTarget() throws IOException {
    AtK low = audit(request(targeted(0.5).endObject(), INDEX)).results().getFirst();
    AtK high = audit(request(targeted(0.9999).endObject(), INDEX)).results().getFirst();
    assertThat(low.recall().mean(), lessThanOrEqualTo(high.recall().mean()));
    assertThat(
        low.stages().getLast().compared(), lessThanOrEqualTo(high.stages().getLast().compared()));
  }

  public void testSampleLargerThanTheIndex() throws Exception {
    assertAcked(indicesAdmin().prepareCreate("small").setMapping(Corpus.mapping()));
    client().prepareIndex("small").setId("0").setSource(corpus.document(0)).get();
    indicesAdmin().prepareRefresh("small").get();
    assertRefused(
        sample(Corpus.FIELD, 2), RestStatus.BAD_REQUEST, "but only [1] documents", "small");
  }

  /** A search would make such a shard refresh, and wait for it. */
  public void testSeesWhatIdleShardsHaveNotRefreshed() throws Exception {
    assertAcked(
        indicesAdmin()
            .prepareCreate("idle")
            .setSettings(Settings.builder().put("index.search.idle.after", "0s"))
            .setMapping(Corpus.mapping()));
    for (int doc = 0; doc < 2; doc++) {
      client().prepareIndex("idle").setId("" + doc).setSource(corpus.document(doc)).get();
    }
    assertBusy(
        () -> {
          try {
            // Without the document that a query was drawn from.
            assertEquals(1, audit(request(sample(Corpus.FIELD, 2), "idle")).documents());
          } catch (ElasticsearchException | IllegalArgumentException e) {
            // Until the next turn of what would refresh them, nobody knows that there is anything.
            throw new AssertionError(e);
          }
        });
  }

  /** They have the document's id, too. */
  public void testRatingsOfDocumentsWithNestedOnes() throws IOException {
    XContentBuilder mapping = XContentFactory.jsonBuilder().startObject().startObject("properties");
    mapping.startObject("tags").field("type", "nested").endObject();
    mapping.startObject("v").field("type", "matryoshka_vector").field("dims", 2).endObject();
    assertAcked(indicesAdmin().prepareCreate("tagged").setMapping(mapping.endObject().endObject()));
    List<?> tags = List.of(Map.of("a", "x"), Map.of("a", "y"));
    client()
        .prepareIndex("tagged")
        .setId("1")
        .setSource(Map.of("v", List.of(1, 0), "tags", tags))
        .get();
    indicesAdmin().prepareRefresh("tagged").get();
    XContentBuilder b = XContentFactory.jsonBuilder().startObject().field("field", "v");
    b.field("k", 1).startArray("query_vectors").startObject();
    b.field("query_vector", new float[] {1, 0}).startArray("ratings");
    b.startObject().field("_id", "1").field("rating", 1).endObject().endArray();
    b.endObject().endArray();
    AtK result = audit(request(b.endObject(), "tagged")).results().getFirst();
    assertEquals(1, result.labels().recall(), 0);
    assertEquals(1, result.labels().exactRecall(), 0);
    assertEquals(1, result.labels().exactNdcg(), 0);
  }

  public void testRedIndex() throws Exception {
    indicesAdmin()
        .prepareCreate("red")
        .setSettings(Settings.builder().put("index.routing.allocation.require._name", "nobody"))
        .setMapping(Corpus.mapping())
        .setWaitForActiveShards(0)
        .get();
    assertRefused(
        sample(Corpus.FIELD, 2),
        RestStatus.SERVICE_UNAVAILABLE,
        "no copy of shard [red][0]",
        "red");
  }

  public void testCancelled() throws Exception {
    List<float[]> many = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      many.add(corpus.vector());
    }
    XContentBuilder b = XContentFactory.jsonBuilder().startObject();
    b.field("field", Corpus.FIELD).field("query_vectors", many).endObject();
    var audit = client().execute(RecallAction.INSTANCE, request(b, INDEX));
    assertBusy(
        () ->
            assertEquals(
                1,
                clusterAdmin()
                    .prepareListTasks()
                    .setActions(RecallAction.NAME)
                    .get()
                    .getTasks()
                    .size()));
    clusterAdmin().prepareCancelTasks().setActions(RecallAction.NAME).get();
    ExecutionException e =
        expectThrows(ExecutionException.class, () -> audit.get(30, TimeUnit.SECONDS));
    // Either the task itself or, when it comes first, what it asked of a shard says so.
    assertThat(
        ExceptionsHelper.stackTrace(e),
        either(containsString("task cancelled")).or(containsString("parent task was cancelled")));
    assertBusy(this::assertNothingLeft);
  }
}
