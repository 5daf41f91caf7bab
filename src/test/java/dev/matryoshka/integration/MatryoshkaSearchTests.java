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

import static org.elasticsearch.index.query.QueryBuilders.boolQuery;
import static org.elasticsearch.index.query.QueryBuilders.constantScoreQuery;
import static org.elasticsearch.index.query.QueryBuilders.disMaxQuery;
import static org.elasticsearch.index.query.QueryBuilders.existsQuery;
import static org.elasticsearch.index.query.QueryBuilders.functionScoreQuery;
import static org.elasticsearch.index.query.QueryBuilders.idsQuery;
import static org.elasticsearch.index.query.QueryBuilders.matchAllQuery;
import static org.elasticsearch.index.query.QueryBuilders.rangeQuery;
import static org.elasticsearch.index.query.QueryBuilders.termQuery;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertAcked;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertHitCount;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailuresAndResponse;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertResponse;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;

import dev.matryoshka.integration.Corpus.Answer;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.apache.logging.log4j.Level;
import org.apache.lucene.search.Explanation;
import org.elasticsearch.ElasticsearchException;
import org.elasticsearch.ExceptionsHelper;
import org.elasticsearch.action.admin.indices.alias.IndicesAliasesRequest;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.action.bulk.BulkResponse;
import org.elasticsearch.action.search.ClearScrollRequest;
import org.elasticsearch.action.search.ClosePointInTimeRequest;
import org.elasticsearch.action.search.MultiSearchResponse;
import org.elasticsearch.action.search.OpenPointInTimeRequest;
import org.elasticsearch.action.search.SearchRequestBuilder;
import org.elasticsearch.action.search.SearchResponse;
import org.elasticsearch.action.search.SearchScrollRequest;
import org.elasticsearch.action.search.TransportClosePointInTimeAction;
import org.elasticsearch.action.search.TransportOpenPointInTimeAction;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.bytes.BytesReference;
import org.elasticsearch.common.lucene.search.function.CombineFunction;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.QueryBuilders;
import org.elasticsearch.index.query.functionscore.ScoreFunctionBuilders;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.search.builder.PointInTimeBuilder;
import org.elasticsearch.search.builder.SearchSourceBuilder;
import org.elasticsearch.search.profile.query.QueryProfileShardResult;
import org.elasticsearch.search.rescore.QueryRescorerBuilder;
import org.elasticsearch.search.retriever.StandardRetrieverBuilder;
import org.elasticsearch.search.sort.SortOrder;
import org.elasticsearch.search.vectors.KnnSearchBuilder;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.test.MockLog;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentType;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.junit.Before;

/** The query in every place where a search request takes one, against exact answers. */
public class MatryoshkaSearchTests extends ESSingleNodeTestCase {

  private static final String INDEX = "papers";
  private static final int K = 10;

  /** Enough for a segment of its own to be given codes. */
  private static final int DOCS = 1500;

  private Corpus corpus;
  private float[] target;

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
    corpus = new Corpus(42, DOCS);
    target = corpus.vector();
    create(INDEX, Settings.EMPTY, Corpus.mapping());
    // Two segments, since a merge of one is none, and small flushes carry no learned rotation.
    index(INDEX, 0, DOCS / 2);
    indicesAdmin().prepareRefresh(INDEX).get();
    index(INDEX, DOCS / 2, DOCS);
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private void create(String index, Settings settings, XContentBuilder mapping) {
    assertAcked(
        indicesAdmin()
            .prepareCreate(index)
            .setSettings(
                Settings.builder()
                    .put("index.number_of_shards", 1)
                    .put("index.number_of_replicas", 0)
                    // Whose segments, and so rotations, are not up to the clock.
                    .put("index.refresh_interval", -1)
                    .put(settings))
            .setMapping(mapping));
  }

  private void index(String index, int from, int to) throws IOException {
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int doc = from; doc < to; doc++) {
      bulk.add(
          client().prepareIndex(index).setId(String.valueOf(doc)).setSource(corpus.document(doc)));
    }
    BulkResponse response = bulk.get();
    assertFalse(response.buildFailureMessage(), response.hasFailures());
  }

  /** Small enough stages for the codes to decide, large enough for the answers to be exact. */
  private MatryoshkaQueryBuilder query(QueryBuilder... filters) {
    return query(target, filters);
  }

  private static MatryoshkaQueryBuilder query(float[] vector, QueryBuilder... filters) {
    return new MatryoshkaQueryBuilder(
        Corpus.FIELD,
        vector,
        K,
        List.of(filters),
        List.of(
            Stage.hamming(Corpus.BITS, 1200),
            Stage.asymmetric(Corpus.BITS, 700),
            Stage.floats(Corpus.DIMS, Stage.LAST)));
  }

  private SearchRequestBuilder search(QueryBuilder query) {
    return client().prepareSearch(INDEX).setQuery(query).setSize(K);
  }

  private void assertNearest(SearchRequestBuilder request, IntPredicate accept) {
    assertNoFailuresAndResponse(request, response -> assertNearest(response, accept, 1));
  }

  private void assertNearest(SearchResponse response, IntPredicate accept, float factor) {
    assertAnswers(corpus.nearest(target, K, accept), response, factor);
  }

  private static void assertAnswers(List<Answer> expected, SearchResponse response, float factor) {
    SearchHit[] hits = response.getHits().getHits();
    assertEquals(
        expected.stream().map(answer -> String.valueOf(answer.doc())).toList(),
        Arrays.stream(hits).map(SearchHit::getId).toList());
    for (int i = 0; i < hits.length; i++) {
      assertEquals(factor * expected.get(i).score(), hits[i].getScore(), 1e-5f * factor);
    }
  }

  public void testNearestOfAll() {
    assertNearest(search(query()), doc -> true);
    assertHitCount(search(query()).setSize(0), K);
  }

  /** Their searches are announced to us before there is a result. */
  public void testKnnOfOtherFieldsIsNoneOfOurs() {
    assertAcked(
        indicesAdmin()
            .prepareCreate("others")
            .setMapping("{\"properties\":{\"v\":{\"type\":\"dense_vector\",\"dims\":2}}}"));
    client().prepareIndex("others").setSource("v", new float[] {1, 2}).get();
    indicesAdmin().prepareRefresh("others").get();
    KnnSearchBuilder knn = new KnnSearchBuilder("v", new float[] {1, 2}, 3, 10, null, null, null);
    try (MockLog log = MockLog.capture(IndexShard.class)) {
      log.addExpectation(
          new MockLog.UnseenEventExpectation(
              "failed", IndexShard.class.getCanonicalName(), Level.WARN, "*"));
      assertHitCount(client().prepareSearch("others").setKnnSearch(List.of(knn)), 1);
      log.assertAllExpectationsMatched();
    }
  }

  public void testDefaultStages() {
    MatryoshkaQueryBuilder query = new MatryoshkaQueryBuilder(Corpus.FIELD, target, K, List.of());
    assertNearest(search(query), doc -> true);
    assertThat(profileOf(query), containsString("float[96 dims] compared=1500"));
    assertThat(profileOf(query), containsString("target_recall=0.99 predicted=1.0000"));
  }

  /** Each filter is rewritten in the same round as the query it belongs to. */
  public void testFiltersOfFilters() {
    MatryoshkaQueryBuilder query = query();
    for (int depth = 0; depth < 25; depth++) {
      query = query(query);
    }
    assertNearest(search(query), doc -> true);
  }

  public void testStagesAsWritten() {
    QueryBuilder query =
        new MatryoshkaQueryBuilder(
            Corpus.FIELD,
            target,
            K,
            List.of(),
            List.of(
                Stage.hamming(64, 900),
                Stage.asymmetric(64, 300),
                Stage.floats(48, 200),
                Stage.floats(96, Stage.LAST)));
    assertNearest(search(query), doc -> true);
    assertThat(
        profileOf(query),
        allOf(
            containsString("hamming[64 bits] compared=1500 kept=900"),
            containsString("asymmetric[64 bits] compared=900 kept=300"),
            containsString("float[48 dims] compared=300 kept=200"),
            containsString("float[96 dims] compared=200 kept=10")));
  }

  public void testCodesDecideWhoIsCompared() {
    int queries = 20;
    int found = 0;
    for (int i = 0; i < queries; i++) {
      float[] vector = corpus.vector();
      List<String> exact = ids(corpus.nearest(vector, K, doc -> true));
      SearchResponse response =
          search(
                  new MatryoshkaQueryBuilder(
                      Corpus.FIELD,
                      vector,
                      K,
                      List.of(),
                      List.of(Stage.hamming(64, 50), Stage.floats(96, Stage.LAST))))
              .get();
      for (SearchHit hit : response.getHits()) {
        found += exact.contains(hit.getId()) ? 1 : 0;
      }
      response.decRef();
    }
    // With little kept the answers are no longer exact, but far from what chance would find.
    assertThat(found, allOf(lessThan(queries * K), greaterThan(queries * K / 3)));
  }

  private String profileOf(QueryBuilder query) {
    List<String> descriptions = new ArrayList<>();
    assertNoFailuresAndResponse(
        search(query).setProfile(true),
        response -> {
          assertEquals(1, response.getSearchProfileShardResults().size());
          for (QueryProfileShardResult result :
              response
                  .getSearchProfileShardResults()
                  .values()
                  .iterator()
                  .next()
                  .getQueryProfileResults()) {
            result.getQueryResults().forEach(r -> descriptions.add(r.getLuceneDescription()));
          }
        });
    return String.join("\n", descriptions);
  }

  public void testManySegments() throws IOException {
    create(
        "many",
        Settings.builder().put("index.merge.policy.segments_per_tier", 50).build(),
        Corpus.mapping());
    for (int from = 0; from < DOCS; from += DOCS / 6) {
      index("many", from, from + DOCS / 6);
      indicesAdmin().prepareRefresh("many").get();
    }
    assertNearest(client().prepareSearch("many").setQuery(query()).setSize(K), doc -> true);
  }

  public void testFilters() {
    assertNearest(search(query(termQuery("group", "3"))), doc -> doc % 10 == 3);
    assertNearest(
        search(query(termQuery("group", "3"), rangeQuery("n").lt(700))),
        doc -> doc % 10 == 3 && doc < 700);
    assertNearest(search(query(rangeQuery("n").gte(5))), doc -> doc >= 5);
    assertHitCount(search(query(termQuery("group", "none"))), 0);
    assertHitCount(search(query(rangeQuery("n").lt(4))), 4);
  }

  public void testDeletedDocumentsAreNotFound() {
    List<Answer> before = corpus.nearest(target, 3, doc -> true);
    for (Answer answer : before) {
      client().prepareDelete(INDEX, String.valueOf(answer.doc())).get();
    }
    indicesAdmin().prepareRefresh(INDEX).get();
    List<Integer> deleted = before.stream().map(Answer::doc).toList();
    assertNearest(search(query()), doc -> deleted.contains(doc) == false);
  }

  public void testDefaultKIsTheSize() {
    MatryoshkaQueryBuilder query =
        new MatryoshkaQueryBuilder(Corpus.FIELD, target, null, List.of());
    assertHitCount(search(query).setSize(25), 25);
    assertHitCount(search(query).setSize(0), 10);
  }

  public void testPaging() {
    assertNoFailuresAndResponse(
        search(query()).setFrom(4).setSize(3),
        response ->
            assertAnswers(corpus.nearest(target, K, doc -> true).subList(4, 7), response, 1));
  }

  public void testBoost() {
    assertNoFailuresAndResponse(
        search(query().boost(3)), response -> assertNearest(response, doc -> true, 3));
  }

  public void testInsideBool() {
    // The filter of the bool comes after the k nearest, the query's own before them.
    List<Answer> nearest = corpus.nearest(target, K, doc -> true);
    long even = nearest.stream().filter(answer -> answer.doc() % 2 == 0).count();
    assertHitCount(
        search(
            boolQuery()
                .must(query())
                .filter(
                    boolQuery()
                        .should(termQuery("group", "0"))
                        .should(termQuery("group", "2"))
                        .should(termQuery("group", "4"))
                        .should(termQuery("group", "6"))
                        .should(termQuery("group", "8")))),
        even);
    assertHitCount(search(boolQuery().must(matchAllQuery()).mustNot(query())), DOCS - K);
    assertHitCount(search(boolQuery().filter(query())), K);
    int best = nearest.getFirst().doc();
    assertNoFailuresAndResponse(
        search(boolQuery().should(query()).should(termQuery("n", best).boost(2))),
        response ->
            assertEquals(
                nearest.getFirst().score() + 2, response.getHits().getAt(0).getScore(), 1e-4f));
  }

  public void testInsideDisMaxConstantAndFunctionScore() {
    assertNearest(search(disMaxQuery().add(query()).add(query().boost(0.1f))), doc -> true);
    assertNoFailuresAndResponse(
        search(constantScoreQuery(query())),
        response -> assertEquals(1, response.getHits().getMaxScore(), 0));
    assertNoFailuresAndResponse(
        search(
            functionScoreQuery(query(), ScoreFunctionBuilders.weightFactorFunction(5))
                .boostMode(CombineFunction.MULTIPLY)),
        response -> assertNearest(response, doc -> true, 5));
  }

  public void testTwoQueriesInOneRequest() {
    float[] other = corpus.vector();
    MatryoshkaQueryBuilder second = new MatryoshkaQueryBuilder(Corpus.FIELD, other, K, List.of());
    List<Integer> both =
        Stream.concat(
                corpus.nearest(target, K, doc -> true).stream(),
                corpus.nearest(other, K, doc -> true).stream())
            .map(Answer::doc)
            .distinct()
            .toList();
    assertHitCount(search(boolQuery().should(query()).should(second)), both.size());
  }

  public void testRescore() {
    int last = corpus.nearest(target, K, doc -> true).getLast().doc();
    assertNoFailuresAndResponse(
        search(query()).setRescorer(new QueryRescorerBuilder(termQuery("n", last).boost(10)), K),
        response -> assertEquals(String.valueOf(last), response.getHits().getAt(0).getId()));
    // As the rescorer itself: a document of another score order wins by similarity.
    int best = corpus.nearest(target, 1, doc -> true).getFirst().doc();
    assertNoFailuresAndResponse(
        search(matchAllQuery()).setRescorer(new QueryRescorerBuilder(query()), DOCS),
        response -> assertEquals(String.valueOf(best), response.getHits().getAt(0).getId()));
  }

  public void testStandardRetriever() {
    assertNearest(
        client()
            .prepareSearch(INDEX)
            .setSource(
                new SearchSourceBuilder()
                    .size(K)
                    .retriever(new StandardRetrieverBuilder(query(termQuery("group", "7"))))),
        doc -> doc % 10 == 7);
  }

  public void testMultiSearch() {
    assertResponse(
        client()
            .prepareMultiSearch()
            .add(search(query()))
            .add(search(query(termQuery("group", "2")))),
        (MultiSearchResponse response) -> {
          assertNearest(response.getResponses()[0].getResponse(), doc -> true, 1);
          assertNearest(response.getResponses()[1].getResponse(), doc -> doc % 10 == 2, 1);
        });
  }

  public void testScroll() {
    List<String> found = new ArrayList<>();
    SearchResponse page = search(query()).setSize(4).setScroll(TimeValue.timeValueMinutes(1)).get();
    String scroll = page.getScrollId();
    try {
      while (page.getHits().getHits().length > 0) {
        for (SearchHit hit : page.getHits()) {
          found.add(hit.getId());
        }
        page.decRef();
        page =
            client()
                .searchScroll(new SearchScrollRequest(scroll).scroll(TimeValue.timeValueMinutes(1)))
                .actionGet();
        scroll = page.getScrollId();
      }
    } finally {
      page.decRef();
      ClearScrollRequest clear = new ClearScrollRequest();
      clear.addScrollId(scroll);
      client().clearScroll(clear).actionGet();
    }
    assertEquals(ids(corpus.nearest(target, K, doc -> true)), found);
  }

  private static List<String> ids(List<Answer> answers) {
    return answers.stream().map(answer -> String.valueOf(answer.doc())).toList();
  }

  public void testPointInTimeWithSearchAfterSeesWhatItOpened() throws IOException {
    OpenPointInTimeRequest open =
        new OpenPointInTimeRequest(INDEX).keepAlive(TimeValue.timeValueMinutes(1));
    BytesReference pit =
        client().execute(TransportOpenPointInTimeAction.TYPE, open).actionGet().getPointInTimeId();
    List<String> expected = ids(corpus.nearest(target, K, doc -> true));
    try {
      client().prepareDelete(INDEX, expected.getFirst()).get();
      indicesAdmin().prepareRefresh(INDEX).get();
      List<String> found = new ArrayList<>();
      Object[] after = null;
      do {
        SearchRequestBuilder page =
            client()
                .prepareSearch()
                .setPointInTime(new PointInTimeBuilder(pit))
                .setQuery(query())
                .addSort("_score", SortOrder.DESC)
                .setSize(3);
        if (after != null) {
          page.searchAfter(after);
        }
        SearchResponse response = page.get();
        after = null;
        for (SearchHit hit : response.getHits()) {
          found.add(hit.getId());
          after = hit.getSortValues();
        }
        response.decRef();
      } while (after != null);
      assertEquals(expected, found);
    } finally {
      client()
          .execute(TransportClosePointInTimeAction.TYPE, new ClosePointInTimeRequest(pit))
          .actionGet();
    }
  }

  public void testExplain() {
    assertNoFailuresAndResponse(
        search(query().boost(2)).setExplain(true),
        response -> {
          Explanation explanation = response.getHits().getAt(0).getExplanation();
          assertEquals(
              response.getHits().getAt(0).getScore(), explanation.getValue().floatValue(), 0);
          assertThat(
              explanation.toString(),
              allOf(containsString("cosine of field [vector]"), containsString("float[96 dims]")));
        });
    int missing = corpus.nearest(target, DOCS, doc -> true).getLast().doc();
    assertFalse(
        client().prepareExplain(INDEX, String.valueOf(missing)).setQuery(query()).get().isMatch());
    int best = corpus.nearest(target, 1, doc -> true).getFirst().doc();
    assertTrue(
        client().prepareExplain(INDEX, String.valueOf(best)).setQuery(query()).get().isMatch());
  }

  public void testProfile() {
    assertThat(
        profileOf(query()),
        allOf(containsString("asymmetric[64 bits]"), containsString("kept=10")));
  }

  public void testAliasFilterComesFirst() {
    assertAcked(
        indicesAdmin()
            .prepareAliases(TimeValue.MINUS_ONE, TimeValue.MINUS_ONE)
            .addAliasAction(
                IndicesAliasesRequest.AliasActions.add()
                    .index(INDEX)
                    .alias("fours")
                    .filter(termQuery("group", "4"))));
    assertNearest(
        client().prepareSearch("fours").setQuery(query()).setSize(K), doc -> doc % 10 == 4);
  }

  /** Which would ask for the filter of their alias in turn, without end. */
  public void testVectorQueryInAliasFilter() {
    assertAcked(
        indicesAdmin()
            .prepareAliases(TimeValue.MINUS_ONE, TimeValue.MINUS_ONE)
            .addAliasAction(
                IndicesAliasesRequest.AliasActions.add()
                    .index(INDEX)
                    .alias("near")
                    .filter(boolQuery().must(query()).filter(query()))));
    assertNearest(client().prepareSearch("near").setQuery(query()).setSize(K), doc -> true);
    assertHitCount(client().prepareSearch("near").setQuery(matchAllQuery()), K);
  }

  public void testRouting() throws IOException {
    create("routed", Settings.builder().put("index.number_of_shards", 3).build(), Corpus.mapping());
    for (int doc = 0; doc < 60; doc++) {
      client()
          .prepareIndex("routed")
          .setId(String.valueOf(doc))
          .setRouting(doc % 2 == 0 ? "a" : "b")
          .setSource(corpus.document(doc))
          .get();
    }
    indicesAdmin().prepareRefresh("routed").get();
    assertNearest(
        client()
            .prepareSearch("routed")
            .setRouting("a")
            .setQuery(
                query(rangeQuery("n").lt(60), boolQuery().mustNot(termQuery("_routing", "b"))))
            .setSize(K),
        doc -> doc < 60 && doc % 2 == 0);
    // K from each of the shards that hold documents.
    assertNearest(client().prepareSearch("routed").setQuery(query()).setSize(K), doc -> doc < 60);
  }

  public void testUnmappedFieldAnswersAsKnnDoes() {
    assertHitCount(search(new MatryoshkaQueryBuilder("nowhere", target, K, List.of())), 0);
  }

  public void testIndexWithoutVectorsYet() throws IOException {
    create(
        "empty",
        Settings.EMPTY,
        JsonXContent.contentBuilder()
            .startObject()
            .startObject("properties")
            .startObject(Corpus.FIELD)
            .field("type", "matryoshka_vector")
            .endObject()
            .endObject()
            .endObject());
    client().prepareIndex("empty").setId("none").setSource("n", -1).get();
    indicesAdmin().prepareRefresh("empty").get();
    assertHitCount(client().prepareSearch("empty").setQuery(query()).setSize(K), 0);
    assertNoFailuresAndResponse(
        client()
            .prepareSearch("empty")
            .addDocValueField(Corpus.FIELD)
            .addFetchField(Corpus.FIELD)
            .setQuery(matchAllQuery()),
        response ->
            assertEquals(List.of(), response.getHits().getAt(0).field(Corpus.FIELD).getValues()));
    index("empty", 0, 20);
    indicesAdmin().prepareRefresh("empty").get();
    assertNearest(client().prepareSearch("empty").setQuery(query()).setSize(K), doc -> doc < 20);
  }

  public void testBadRequestsAreTheUsersFault() {
    Object[][] examples = {
      {new MatryoshkaQueryBuilder("n", target, K, List.of()), "but field [n] is of type [integer]"},
      {
        new MatryoshkaQueryBuilder(Corpus.FIELD, new float[] {1}, K, List.of()),
        "field [vector] of type [matryoshka_vector] has [96] dimensions but got a vector of [1]"
      },
      {
        new MatryoshkaQueryBuilder(Corpus.FIELD, new float[Corpus.DIMS], K, List.of()),
        "does not take vectors of length [0]"
      },
    };
    for (Object[] example : examples) {
      Exception e =
          expectThrows(Exception.class, () -> search((QueryBuilder) example[0]).get().decRef());
      assertEquals(RestStatus.BAD_REQUEST, ExceptionsHelper.status(e));
      assertThat(
          Strings.toString(
              (builder, params) -> {
                ElasticsearchException.generateFailureXContent(builder, params, e, true);
                return builder;
              }),
          containsString((String) example[1]));
    }
  }

  public void testVectorsAreLeftOutOfSourceAndComeBackBitForBit() {
    int doc = 17;
    String id = String.valueOf(doc);
    assertThat(
        client().prepareGet(INDEX, id).get().getSourceAsString(), not(containsString("vector")));
    assertNoFailuresAndResponse(
        search(termQuery("n", doc)).addFetchField(Corpus.FIELD).addDocValueField(Corpus.FIELD),
        response -> {
          SearchHit hit = response.getHits().getAt(0);
          assertFalse(hit.getSourceAsMap().containsKey(Corpus.FIELD));
        });
    assertNoFailuresAndResponse(
        search(termQuery("n", doc)).addFetchField(Corpus.FIELD),
        response ->
            assertEquals(
                Corpus.asList(corpus.vector(doc)),
                response.getHits().getAt(0).field(Corpus.FIELD).getValues()));
    assertNoFailuresAndResponse(
        search(termQuery("n", doc)).addDocValueField(Corpus.FIELD),
        response ->
            assertArrayEquals(
                corpus.vector(doc),
                (float[]) response.getHits().getAt(0).field(Corpus.FIELD).getValue(),
                0));
    assertEquals(Corpus.asList(corpus.vector(doc)), vectorInSource(INDEX, id));
  }

  private List<Float> vectorInSource(String index, String id) {
    List<Float> vector = new ArrayList<>();
    assertNoFailuresAndResponse(
        client()
            .prepareSearch(index)
            .setSource(
                new SearchSourceBuilder().query(idsQuery().addIds(id)).excludeVectors(false)),
        response -> {
          List<?> values = (List<?>) response.getHits().getAt(0).getSourceAsMap().get(Corpus.FIELD);
          values.forEach(value -> vector.add(((Number) value).floatValue()));
        });
    return vector;
  }

  public void testVectorsStayInSourceWhenTheIndexSaysSo() throws IOException {
    create(
        "kept",
        Settings.builder().put("index.mapping.exclude_source_vectors", false).build(),
        Corpus.mapping());
    index("kept", 0, 3);
    indicesAdmin().prepareRefresh("kept").get();
    assertThat(
        client().prepareGet("kept", "1").get().getSourceAsString(), containsString("vector"));
    assertEquals(Corpus.asList(corpus.vector(1)), vectorInSource("kept", "1"));
  }

  public void testSyntheticSource() throws IOException {
    create(
        "synthetic",
        Settings.builder().put("index.mapping.source.mode", "synthetic").build(),
        Corpus.mapping());
    index("synthetic", 0, 3);
    indicesAdmin().prepareRefresh("synthetic").get();
    assertEquals(Corpus.asList(corpus.vector(2)), vectorInSource("synthetic", "2"));
  }

  public void testPartialUpdateKeepsTheVector() {
    int doc = corpus.nearest(target, 1, any -> true).getFirst().doc();
    client().prepareUpdate(INDEX, String.valueOf(doc)).setDoc(Map.of("group", "changed")).get();
    indicesAdmin().prepareRefresh(INDEX).get();
    assertNearest(search(query()), any -> true);
    assertNearest(search(query(termQuery("group", "changed"))), any -> any == doc);
    assertEquals(Corpus.asList(corpus.vector(doc)), vectorInSource(INDEX, String.valueOf(doc)));
  }

  public void testUpdatedVectorIsFoundByItsNewValue() {
    corpus.replace(5, target.clone());
    client().prepareUpdate(INDEX, "5").setDoc(Map.of(Corpus.FIELD, Corpus.asList(target))).get();
    indicesAdmin().prepareRefresh(INDEX).get();
    assertNoFailuresAndResponse(
        search(query()),
        response -> {
          assertEquals("5", response.getHits().getAt(0).getId());
          assertNearest(response, any -> true, 1);
        });
  }

  public void testExists() {
    client().prepareIndex(INDEX).setId("none").setSource("n", -1).get();
    client()
        .prepareIndex(INDEX)
        .setId("null")
        .setSource("{\"n\":-1,\"vector\":null}", XContentType.JSON)
        .get();
    indicesAdmin().prepareRefresh(INDEX).get();
    assertHitCount(search(existsQuery(Corpus.FIELD)), DOCS);
    assertHitCount(search(boolQuery().mustNot(existsQuery(Corpus.FIELD))), 2);
    assertNearest(search(query()), any -> true);
  }

  public void testOneBadDocumentDoesNotHarmTheBulk() {
    BulkResponse response =
        client()
            .prepareBulk()
            .add(client().prepareIndex(INDEX).setId("g").setSource(Map.of("vector", target)))
            .add(client().prepareIndex(INDEX).setId("b").setSource(Map.of("vector", List.of(1, 2))))
            .add(client().prepareIndex(INDEX).setId("h").setSource(Map.of("n", -1)))
            .get();
    assertFalse(response.getItems()[0].isFailed());
    assertTrue(response.getItems()[1].isFailed());
    assertEquals(RestStatus.BAD_REQUEST, response.getItems()[1].status());
    assertThat(
        response.getItems()[1].getFailureMessage(),
        containsString("[vector] of type [matryoshka_vector] has [96] dimensions"));
    assertFalse(response.getItems()[2].isFailed());
  }

  public void testDynamicTemplate() throws IOException {
    create(
        "dynamic",
        Settings.EMPTY,
        JsonXContent.contentBuilder()
            .startObject()
            .startArray("dynamic_templates")
            .startObject()
            .startObject("embeddings")
            .field("match", "*_embedding")
            .startObject("mapping")
            .field("type", "matryoshka_vector")
            .field("similarity", "l2_norm")
            .endObject()
            .endObject()
            .endObject()
            .endArray()
            .endObject());
    client()
        .prepareIndex("dynamic")
        .setId("1")
        .setSource(Map.of("text_embedding", Corpus.asList(target)))
        .get();
    indicesAdmin().prepareRefresh("dynamic").get();
    assertNoFailuresAndResponse(
        client()
            .prepareSearch("dynamic")
            .setQuery(new MatryoshkaQueryBuilder("text_embedding", target, 1, List.of())),
        response -> assertEquals(1, response.getHits().getAt(0).getScore(), 1e-5f));
  }

  /** The vector comes back for the update, as a value that can be copied once more. */
  public void testUpdateOfWhatIsCopied() throws IOException {
    XContentBuilder mapping = JsonXContent.contentBuilder().startObject().startObject("properties");
    mapping.startObject("v").field("type", "matryoshka_vector").field("dims", 2);
    mapping.field("copy_to", "text").endObject();
    mapping.startObject("text").field("type", "keyword").endObject();
    create("copied", Settings.EMPTY, mapping.endObject().endObject());
    String vector = "P4AAAEAAAAA=";
    client().prepareIndex("copied").setId("1").setSource("v", vector).get();
    client().prepareUpdate("copied", "1").setDoc("n", 1).get();
    indicesAdmin().prepareRefresh("copied").get();
    assertHitCount(
        client().prepareSearch("copied").setQuery(QueryBuilders.termQuery("text", vector)), 1);
    assertNoFailuresAndResponse(
        client()
            .prepareSearch("copied")
            .setQuery(new MatryoshkaQueryBuilder("v", new float[] {1, 2}, 1, List.of())),
        response -> assertEquals(1, response.getHits().getAt(0).getScore(), 1e-6f));
  }
}
