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
import static org.elasticsearch.index.query.QueryBuilders.matchAllQuery;
import static org.elasticsearch.index.query.QueryBuilders.nestedQuery;
import static org.elasticsearch.index.query.QueryBuilders.rangeQuery;
import static org.elasticsearch.index.query.QueryBuilders.termQuery;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertAcked;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertHitCount;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailuresAndResponse;
import static org.hamcrest.Matchers.containsString;

import dev.matryoshka.integration.Corpus.Answer;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.FindAllSettings;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.FindAllQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.apache.lucene.search.join.ScoreMode;
import org.elasticsearch.ElasticsearchException;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.action.search.ClosePointInTimeRequest;
import org.elasticsearch.action.search.OpenPointInTimeRequest;
import org.elasticsearch.action.search.SearchRequestBuilder;
import org.elasticsearch.action.search.SearchResponse;
import org.elasticsearch.action.search.TransportClosePointInTimeAction;
import org.elasticsearch.action.search.TransportOpenPointInTimeAction;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.index.query.BoolQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.search.aggregations.AggregationBuilders;
import org.elasticsearch.search.aggregations.bucket.terms.Terms;
import org.elasticsearch.search.builder.PointInTimeBuilder;
import org.elasticsearch.search.collapse.CollapseBuilder;
import org.elasticsearch.search.profile.query.QueryProfileShardResult;
import org.elasticsearch.search.sort.SortOrder;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.junit.Before;

/** Everything above a similarity, in every place where a request takes a query. */
public class FindAllSearchTests extends ESSingleNodeTestCase {

  private static final String INDEX = "papers";
  private static final int DOCS = 1500;

  private Corpus corpus;
  private float[] target;

  @Override
  protected Collection<Class<? extends Plugin>> getPlugins() {
    return List.of(MatryoshkaPlugin.class);
  }

  @Override
  protected Settings nodeSettings() {
    // Time that is not estimated, for timeouts of a millisecond.
    return Settings.builder().put("thread_pool.estimated_time_interval", 0).build();
  }

  @Override
  protected boolean resetNodeAfterTest() {
    return true;
  }

  @Before
  public void indexCorpus() throws IOException {
    corpus = new Corpus(42, DOCS);
    target = corpus.vector();
    XContentBuilder mapping = XContentFactory.jsonBuilder().startObject().startObject("properties");
    mapping.startObject(Corpus.FIELD).field("type", "matryoshka_vector").field("dims", Corpus.DIMS);
    mapping.startObject("index_options").field("bound_dims", List.of(64)).endObject().endObject();
    mapping.startObject("group").field("type", "keyword").endObject();
    mapping.startObject("n").field("type", "integer").endObject();
    mapping.endObject().endObject();
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(Settings.builder().put("index.number_of_replicas", 0))
            .setMapping(mapping));
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int doc = 0; doc < DOCS; doc++) {
      bulk.add(
          client().prepareIndex(INDEX).setId(String.valueOf(doc)).setSource(corpus.document(doc)));
      if (doc == DOCS / 2) {
        assertFalse(bulk.get().hasFailures());
        indicesAdmin().prepareRefresh(INDEX).get();
        bulk = client().prepareBulk();
      }
    }
    assertFalse(bulk.get().hasFailures());
    // Bounds are written by merges.
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  /** A threshold between the document of that rank and the next. */
  private float between(float[] vector, int rank) {
    List<Answer> ranked = corpus.nearest(vector, rank + 1, doc -> true);
    double score = (ranked.get(rank - 1).score() + ranked.get(rank).score()) / 2.0;
    return (float) (2 * score - 1);
  }

  private MatryoshkaQueryBuilder best(int rank, QueryBuilder... filters) {
    return above(target, rank, null, filters);
  }

  private MatryoshkaQueryBuilder above(
      float[] vector, int rank, Integer k, QueryBuilder... filters) {
    return MatryoshkaQueryBuilder.above(
        between(vector, rank), Corpus.FIELD, vector, k, List.of(filters), null);
  }

  private Set<String> expected(int rank, IntPredicate accept) {
    Set<String> ids = new TreeSet<>();
    for (Answer answer : corpus.nearest(target, rank, doc -> true)) {
      if (accept.test(answer.doc())) {
        ids.add(String.valueOf(answer.doc()));
      }
    }
    return ids;
  }

  private SearchRequestBuilder search(QueryBuilder query) {
    return client().prepareSearch(INDEX).setQuery(query).setSize(DOCS).setTrackTotalHits(true);
  }

  private static void assertFound(Set<String> expected, SearchRequestBuilder request) {
    assertNoFailuresAndResponse(request, response -> assertEquals(expected, ids(response)));
  }

  private static Set<String> ids(SearchResponse response) {
    Set<String> ids = new TreeSet<>();
    for (SearchHit hit : response.getHits()) {
      assertTrue(hit.getId() + " twice", ids.add(hit.getId()));
    }
    return ids;
  }

  public void testAllAndNothingElse() {
    for (int rank : new int[] {1, 10, 100, 700, 1400}) {
      assertFound(expected(rank, doc -> true), search(best(rank)));
      assertHitCount(search(best(rank)).setSize(0), rank);
      assertFound(
          expected(rank, doc -> doc % 10 == 3), search(best(rank, termQuery("group", "3"))));
      assertFound(expected(rank, doc -> doc < 20), search(best(rank, rangeQuery("n").lt(20))));
      assertFound(
          expected(rank, doc -> doc < 20),
          search(boolQuery().must(best(rank)).filter(rangeQuery("n").lt(20))));
    }
  }

  public void testScoresAreThoseOfTheFunnelToTheLastBit() {
    Map<String, Float> scores = new HashMap<>();
    assertNoFailuresAndResponse(
        search(new MatryoshkaQueryBuilder(Corpus.FIELD, target, 50, List.of())),
        response -> response.getHits().forEach(hit -> scores.put(hit.getId(), hit.getScore())));
    for (String id : scores.keySet()) {
      // What a user sees of a document is a threshold that it passes.
      float own = 2 * scores.get(id) - 1;
      MatryoshkaQueryBuilder query =
          MatryoshkaQueryBuilder.above(own, Corpus.FIELD, target, null, List.of(), null);
      assertNoFailuresAndResponse(
          search(query),
          response -> {
            assertTrue(ids(response).contains(id));
            for (SearchHit hit : response.getHits()) {
              assertEquals(scores.get(hit.getId()), hit.getScore(), 0);
            }
          });
    }
  }

  public void testIncludeAndExclude() {
    float[] other = corpus.vector();
    Set<String> wanted = expected(600, doc -> true);
    for (Answer answer : corpus.nearest(other, 500, doc -> true)) {
      wanted.remove(String.valueOf(answer.doc()));
    }
    assertFound(wanted, search(boolQuery().must(best(600)).mustNot(above(other, 500, null))));
    assertFound(
        wanted,
        search(constantScoreQuery(boolQuery().filter(best(600)).mustNot(above(other, 500, null)))));
    Set<String> either = expected(600, doc -> true);
    corpus.nearest(other, 500, doc -> true).forEach(a -> either.add(String.valueOf(a.doc())));
    assertFound(either, search(boolQuery().should(best(600)).should(above(other, 500, null))));
    assertHitCount(search(boolQuery().must(matchAllQuery()).mustNot(best(600))), DOCS - 600);
  }

  public void testBestAbove() {
    assertNoFailuresAndResponse(
        search(above(target, 100, 7)),
        response -> {
          List<Answer> nearest = corpus.nearest(target, 7, doc -> true);
          assertEquals(7, response.getHits().getHits().length);
          for (int i = 0; i < 7; i++) {
            assertEquals("" + nearest.get(i).doc(), response.getHits().getAt(i).getId());
          }
        });
    assertFound(expected(5, doc -> true), search(above(target, 5, 100)));
    assertFound(
        expected(300, doc -> doc % 10 == 3),
        search(above(target, 300, 1000, termQuery("group", "3"))));
    MatryoshkaQueryBuilder fast =
        MatryoshkaQueryBuilder.above(
            between(target, 5), Corpus.FIELD, target, 100, List.of(), FindAllQuery.Mode.FAST);
    assertFound(expected(5, doc -> true), search(fast));
  }

  public void testAggregationsSortAndCollapse() {
    assertNoFailuresAndResponse(
        search(best(400))
            .setSize(0)
            .addAggregation(AggregationBuilders.terms("groups").field("group").size(10)),
        response -> {
          Terms groups = response.getAggregations().get("groups");
          long sum = 0;
          for (Terms.Bucket bucket : groups.getBuckets()) {
            int group = Integer.parseInt(bucket.getKeyAsString());
            assertEquals(expected(400, doc -> doc % 10 == group).size(), bucket.getDocCount());
            sum += bucket.getDocCount();
          }
          assertEquals(400, sum);
        });
    assertNoFailuresAndResponse(
        search(best(400)).addSort("n", SortOrder.DESC).setSize(400),
        response -> {
          assertEquals(expected(400, doc -> true), ids(response));
          int previous = DOCS;
          for (SearchHit hit : response.getHits()) {
            assertTrue(Integer.parseInt(hit.getId()) < previous);
            previous = Integer.parseInt(hit.getId());
          }
        });
    assertNoFailuresAndResponse(
        search(best(400)).setCollapse(new CollapseBuilder("group")),
        response -> {
          assertEquals(400, response.getHits().getTotalHits().value());
          assertEquals(10, response.getHits().getHits().length);
        });
  }

  public void testPagingToTheEndOfAPointInTime() {
    OpenPointInTimeRequest open =
        new OpenPointInTimeRequest(INDEX).keepAlive(TimeValue.timeValueMinutes(1));
    var pit = client().execute(TransportOpenPointInTimeAction.TYPE, open).actionGet();
    try {
      for (boolean byScore : new boolean[] {true, false}) {
        List<String> found = new ArrayList<>();
        Object[] after = null;
        while (true) {
          SearchRequestBuilder request =
              client()
                  .prepareSearch()
                  .setQuery(best(777))
                  .setSize(50)
                  .setPointInTime(new PointInTimeBuilder(pit.getPointInTimeId()));
          if (byScore) {
            request.addSort("_score", SortOrder.DESC);
          }
          request.addSort("n", SortOrder.ASC);
          if (after != null) {
            request.searchAfter(after);
          }
          SearchResponse page = request.get();
          try {
            if (page.getHits().getHits().length == 0) {
              break;
            }
            for (SearchHit hit : page.getHits()) {
              found.add(hit.getId());
              after = hit.getSortValues();
            }
          } finally {
            page.decRef();
          }
        }
        assertEquals(777, found.size());
        assertEquals(expected(777, doc -> true), new TreeSet<>(found));
      }
    } finally {
      client()
          .execute(
              TransportClosePointInTimeAction.TYPE,
              new ClosePointInTimeRequest(pit.getPointInTimeId()))
          .actionGet();
    }
  }

  public void testDeletedDocumentsAreNotFound() {
    Set<String> expected = expected(100, doc -> true);
    Set<String> gone = new HashSet<>(List.copyOf(expected).subList(0, 30));
    gone.forEach(id -> client().prepareDelete(INDEX, id).get());
    indicesAdmin().prepareRefresh(INDEX).get();
    expected.removeAll(gone);
    assertFound(expected, search(best(100)));
  }

  public void testCountersShowUpInTheProfile() {
    List<String> descriptions = new ArrayList<>();
    assertNoFailuresAndResponse(
        search(best(10)).setProfile(true),
        response ->
            response
                .getSearchProfileShardResults()
                .values()
                .forEach(
                    shard -> {
                      for (QueryProfileShardResult result : shard.getQueryProfileResults()) {
                        result
                            .getQueryResults()
                            .forEach(r -> descriptions.add(r.getLuceneDescription()));
                      }
                    }));
    String all = String.join("\n", descriptions);
    assertThat(all, containsString("matched=10"));
    int skipped = Integer.parseInt(all.replaceAll("(?s).*skipped=(\\d+).*", "$1"));
    int verified = Integer.parseInt(all.replaceAll("(?s).*verified=(\\d+).*", "$1"));
    assertTrue(all, skipped > 0);
    assertEquals(DOCS, skipped + verified);
  }

  private void limit(long limit) {
    assertAcked(
        indicesAdmin()
            .prepareUpdateSettings(INDEX)
            .setSettings(Settings.builder().put(FindAllSettings.MAX_SCORED.getKey(), limit)));
  }

  public void testLimits() {
    limit(20);
    assertHitCount(search(best(1)).setSize(0), 1);
    Exception e = expectThrows(Exception.class, () -> search(best(500)).get().decRef());
    assertTrue(e + "", e.toString().contains("all shards failed"));
    assertEquals(RestStatus.BAD_REQUEST, ((ElasticsearchException) e).status());
    assertThat(cause(e), containsString("more than the [20] comparisons of whole vectors"));
    limit(0);
    e = expectThrows(Exception.class, () -> search(best(1)).get().decRef());
    assertEquals(RestStatus.BAD_REQUEST, ((ElasticsearchException) e).status());
    assertThat(cause(e), containsString("forbidden by [index.matryoshka.find_all.max_scored]"));
    limit(-1);
    assertHitCount(search(best(500)).setSize(0), 500);
  }

  private static String cause(Throwable e) {
    StringBuilder messages = new StringBuilder();
    for (Throwable t = e; t != null; t = t.getCause()) {
      messages.append(t.getMessage()).append('\n');
    }
    return messages.toString();
  }

  public void testTimeoutLeavesWhatWasFound() {
    // Enough work for a millisecond to pass on any machine.
    BoolQueryBuilder many = boolQuery();
    for (int i = 0; i < 300; i++) {
      many.should(above(corpus.vector(), 10, null));
    }
    SearchResponse response = search(many).setTimeout(TimeValue.timeValueMillis(1)).get();
    try {
      assertTrue(response.isTimedOut());
    } finally {
      response.decRef();
    }
  }

  public void testNested() throws IOException {
    XContentBuilder mapping = XContentFactory.jsonBuilder().startObject().startObject("properties");
    mapping.startObject("parts").field("type", "nested").startObject("properties");
    mapping.startObject(Corpus.FIELD).field("type", "matryoshka_vector");
    mapping.field("dims", Corpus.DIMS).endObject().endObject().endObject();
    mapping.endObject().endObject();
    assertAcked(indicesAdmin().prepareCreate("books").setMapping(mapping));
    int parts = 3;
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int book = 0; book < DOCS / parts; book++) {
      List<Map<String, Object>> children = new ArrayList<>();
      for (int part = parts * book; part < parts * (book + 1); part++) {
        children.add(Map.of(Corpus.FIELD, Corpus.asList(corpus.vector(part))));
      }
      bulk.add(
          client()
              .prepareIndex("books")
              .setId(String.valueOf(book))
              .setSource(Map.of("parts", children)));
    }
    assertFalse(bulk.get().hasFailures());
    indicesAdmin().prepareRefresh("books").get();
    Set<String> expected = new TreeSet<>();
    expected(200, doc -> true)
        .forEach(doc -> expected.add(String.valueOf(Integer.parseInt(doc) / parts)));
    MatryoshkaQueryBuilder children =
        MatryoshkaQueryBuilder.above(
            between(target, 200), "parts." + Corpus.FIELD, target, null, List.of(), null);
    assertFound(
        expected,
        client()
            .prepareSearch("books")
            .setQuery(nestedQuery("parts", children, ScoreMode.Max))
            .setSize(DOCS));
    MatryoshkaQueryBuilder few =
        MatryoshkaQueryBuilder.above(
            between(target, 200), "parts." + Corpus.FIELD, target, 1000, List.of(), null);
    assertFound(
        expected,
        client()
            .prepareSearch("books")
            .setQuery(nestedQuery("parts", few, ScoreMode.Max))
            .setSize(DOCS));
  }
}
