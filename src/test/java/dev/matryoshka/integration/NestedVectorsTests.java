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
import static org.elasticsearch.index.query.QueryBuilders.existsQuery;
import static org.elasticsearch.index.query.QueryBuilders.nestedQuery;
import static org.elasticsearch.index.query.QueryBuilders.rangeQuery;
import static org.elasticsearch.index.query.QueryBuilders.termQuery;
import static org.elasticsearch.index.query.QueryBuilders.termsQuery;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertAcked;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertHitCount;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailuresAndResponse;

import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.lucene.search.join.ScoreMode;
import org.elasticsearch.action.admin.indices.alias.IndicesAliasesRequest;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.action.search.SearchRequestBuilder;
import org.elasticsearch.action.search.SearchResponse;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.index.query.InnerHitBuilder;
import org.elasticsearch.index.query.NestedQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.search.builder.SearchSourceBuilder;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.junit.Before;

/**
 * Vectors of nested documents: each parent is found once, by its best part. Part {@code i} of the
 * corpus belongs to document {@code i / 3}; its {@code lang} is "en" for the first part of each,
 * else "fr".
 */
public class NestedVectorsTests extends ESSingleNodeTestCase {

  private static final String INDEX = "books";
  private static final int PARTS = 3;
  private static final int BOOKS = 500;
  private static final int K = 10;

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
  public void indexBooks() throws IOException {
    corpus = new Corpus(7, PARTS * BOOKS);
    target = corpus.vector();
    XContentBuilder mapping = JsonXContent.contentBuilder().startObject().startObject("properties");
    mapping.startObject("shelf").field("type", "keyword").endObject();
    mapping.startObject("parts").field("type", "nested").startObject("properties");
    mapping.startObject("lang").field("type", "keyword").endObject();
    mapping.startObject("page").field("type", "integer").endObject();
    mapping.startObject(Corpus.FIELD).field("type", "matryoshka_vector");
    mapping.field("dims", Corpus.DIMS).endObject().endObject().endObject();
    mapping.endObject().endObject();
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(
                Settings.builder()
                    .put("index.number_of_replicas", 0)
                    .put("index.refresh_interval", -1))
            .setMapping(mapping));
    index(0, BOOKS / 2);
    index(BOOKS / 2, BOOKS);
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private void index(int from, int to) throws IOException {
    BulkRequestBuilder bulk = client().prepareBulk();
    for (int book = from; book < to; book++) {
      List<Map<String, Object>> parts = new ArrayList<>();
      for (int part = PARTS * book; part < PARTS * (book + 1); part++) {
        Map<String, Object> source = new HashMap<>();
        source.put("lang", language(part));
        source.put(Corpus.FIELD, Corpus.asList(corpus.vector(part)));
        if (page(part) > 0) {
          source.put("page", page(part));
        }
        parts.add(source);
      }
      bulk.add(
          client()
              .prepareIndex(INDEX)
              .setId(String.valueOf(book))
              .setSource(Map.of("shelf", shelf(book), "parts", parts)));
    }
    assertFalse(bulk.get().hasFailures());
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private static String shelf(int book) {
    return String.valueOf(book % 5);
  }

  private static String language(int part) {
    return part % PARTS == 0 ? "en" : "fr";
  }

  /** 0 for parts without one. */
  private static int page(int part) {
    return part % 4;
  }

  private NestedQueryBuilder nested(QueryBuilder... filters) {
    return nestedQuery("parts", parts(filters), ScoreMode.Max);
  }

  private MatryoshkaQueryBuilder parts(QueryBuilder... filters) {
    return new MatryoshkaQueryBuilder(
        "parts." + Corpus.FIELD,
        target,
        K,
        List.of(filters),
        List.of(
            Stage.hamming(Corpus.BITS, 900),
            Stage.asymmetric(Corpus.BITS, 400),
            Stage.floats(Corpus.DIMS, Stage.LAST)));
  }

  private record Book(int id, float score) {}

  private List<Book> expected(IntPredicate acceptedPart) {
    return IntStream.range(0, BOOKS)
        .mapToObj(
            book ->
                new Book(
                    book,
                    (float)
                        IntStream.range(PARTS * book, PARTS * (book + 1))
                            .filter(acceptedPart)
                            .mapToDouble(part -> Corpus.score(target, corpus.vector(part)))
                            .max()
                            .orElse(-1)))
        .filter(book -> book.score >= 0)
        .sorted(Comparator.comparing(book -> -book.score()))
        .limit(K)
        .toList();
  }

  private SearchRequestBuilder search(QueryBuilder query) {
    return client().prepareSearch(INDEX).setQuery(query).setSize(2 * K);
  }

  private void assertBest(SearchResponse response, IntPredicate acceptedPart) {
    List<Book> expected = expected(acceptedPart);
    SearchHit[] hits = response.getHits().getHits();
    assertEquals(
        expected.stream().map(book -> String.valueOf(book.id())).toList(),
        Arrays.stream(hits).map(SearchHit::getId).toList());
    for (int i = 0; i < hits.length; i++) {
      assertEquals(expected.get(i).score(), hits[i].getScore(), 1e-5f);
    }
  }

  public void testEachParentIsFoundOnceByItsBestPart() {
    assertNoFailuresAndResponse(search(nested()), response -> assertBest(response, part -> true));
  }

  public void testFilterOnParts() {
    assertNoFailuresAndResponse(
        search(nested(termQuery("parts.lang", "en"))),
        response -> assertBest(response, part -> language(part).equals("en")));
  }

  public void testFilterOnParents() {
    assertNoFailuresAndResponse(
        search(nested(termQuery("shelf", "3"))),
        response -> assertBest(response, part -> shelf(part / PARTS).equals("3")));
    assertNoFailuresAndResponse(
        search(nested(termQuery("shelf", "3"), termQuery("parts.lang", "fr"))),
        response ->
            assertBest(
                response, part -> shelf(part / PARTS).equals("3") && language(part).equals("fr")));
  }

  private void assertFiltered(QueryBuilder filter, IntPredicate acceptedPart) {
    assertNoFailuresAndResponse(
        search(nested(filter).innerHit(new InnerHitBuilder().setSize(PARTS))),
        response -> {
          assertBest(response, acceptedPart);
          for (SearchHit hit : response.getHits()) {
            int book = Integer.parseInt(hit.getId());
            assertEquals(
                IntStream.range(PARTS * book, PARTS * (book + 1)).filter(acceptedPart).count(),
                hit.getInnerHits().get("parts").getHits().length);
          }
        });
    QueryBuilder all =
        MatryoshkaQueryBuilder.above(
            -1, "parts." + Corpus.FIELD, target, null, List.of(filter), null);
    long books =
        IntStream.range(0, PARTS * BOOKS)
            .filter(acceptedPart)
            .map(p -> p / PARTS)
            .distinct()
            .count();
    assertHitCount(search(nestedQuery("parts", all, ScoreMode.Max)).setTrackTotalHits(true), books);
  }

  /** Whatever kind of query Elasticsearch makes of them. */
  public void testFiltersOnNumbersOfParts() {
    assertFiltered(termQuery("parts.page", 2), part -> page(part) == 2);
    assertFiltered(termsQuery("parts.page", List.of(1, 3)), part -> page(part) % 2 == 1);
    assertFiltered(rangeQuery("parts.page").lt(3), part -> page(part) > 0 && page(part) < 3);
    assertFiltered(existsQuery("parts.page"), part -> page(part) > 0);
    assertFiltered(boolQuery().mustNot(termQuery("parts.page", 2)), part -> page(part) != 2);
    assertFiltered(
        boolQuery().filter(termQuery("parts.page", 2)).mustNot(termQuery("parts.lang", "fr")),
        part -> page(part) == 2 && language(part).equals("en"));
  }

  public void testFiltersOnPartsAndParents() {
    IntPredicate third = part -> shelf(part / PARTS).equals("3");
    assertFiltered(
        boolQuery().filter(termQuery("shelf", "3")).filter(termQuery("parts.page", 2)),
        part -> third.test(part) && page(part) == 2);
    assertFiltered(
        boolQuery().should(termQuery("shelf", "3")).should(termQuery("parts.page", 2)),
        part -> third.test(part) || page(part) == 2);
    assertFiltered(boolQuery().mustNot(termQuery("shelf", "3")), part -> third.test(part) == false);
    assertFiltered(
        constantScoreQuery(
            boolQuery().filter(existsQuery("shelf")).mustNot(existsQuery("parts.page"))),
        part -> page(part) == 0);
  }

  public void testAliasFilterOnParents() {
    assertAcked(
        indicesAdmin()
            .prepareAliases(TimeValue.MINUS_ONE, TimeValue.MINUS_ONE)
            .addAliasAction(
                IndicesAliasesRequest.AliasActions.add()
                    .index(INDEX)
                    .alias("second")
                    .filter(termQuery("shelf", "2"))));
    assertNoFailuresAndResponse(
        client().prepareSearch("second").setQuery(nested()).setSize(2 * K),
        response -> assertBest(response, part -> shelf(part / PARTS).equals("2")));
  }

  /** Which is about parents, too, wherever the query stands. */
  public void testAliasFilterOnPartsOfParents() {
    assertAcked(
        indicesAdmin()
            .prepareAliases(TimeValue.MINUS_ONE, TimeValue.MINUS_ONE)
            .addAliasAction(
                IndicesAliasesRequest.AliasActions.add()
                    .index(INDEX)
                    .alias("english")
                    .filter(nestedQuery("parts", termQuery("parts.lang", "en"), ScoreMode.None)))
            .addAliasAction(
                IndicesAliasesRequest.AliasActions.add()
                    .index(INDEX)
                    .alias("near")
                    .filter(nested())));
    Set<Integer> english = new HashSet<>();
    for (int part = 0; part < PARTS * BOOKS; part++) {
      if (language(part).equals("en")) {
        english.add(part / PARTS);
      }
    }
    assertNoFailuresAndResponse(
        client().prepareSearch("english").setQuery(nested()).setSize(2 * K),
        response -> assertBest(response, part -> english.contains(part / PARTS)));
    assertNoFailuresAndResponse(
        client().prepareSearch("near").setQuery(nested()).setSize(2 * K),
        response -> assertBest(response, part -> true));
  }

  public void testDeletedParentsAreNotFound() {
    String best = String.valueOf(expected(part -> true).getFirst().id());
    client().prepareDelete(INDEX, best).get();
    indicesAdmin().prepareRefresh(INDEX).get();
    assertNoFailuresAndResponse(
        search(nested()),
        response ->
            assertBest(response, part -> String.valueOf(part / PARTS).equals(best) == false));
  }

  public void testInnerHitsAreAllPartsWithTheirScores() {
    assertNoFailuresAndResponse(
        search(nested().innerHit(new InnerHitBuilder().setSize(PARTS))),
        response -> {
          assertBest(response, part -> true);
          for (SearchHit hit : response.getHits()) {
            int book = Integer.parseInt(hit.getId());
            SearchHit[] inner = hit.getInnerHits().get("parts").getHits();
            assertEquals(PARTS, inner.length);
            float previous = Float.POSITIVE_INFINITY;
            for (SearchHit part : inner) {
              int number = PARTS * book + part.getNestedIdentity().getOffset();
              assertEquals(Corpus.score(target, corpus.vector(number)), part.getScore(), 1e-5f);
              assertTrue(part.getScore() <= previous);
              previous = part.getScore();
            }
          }
        });
  }

  public void testInnerHitsHonourFilters() {
    assertNoFailuresAndResponse(
        search(
            nested(termQuery("parts.lang", "fr"), termQuery("shelf", "1"))
                .innerHit(new InnerHitBuilder().setSize(PARTS))),
        response -> {
          assertEquals(K, response.getHits().getHits().length);
          for (SearchHit hit : response.getHits()) {
            assertEquals(PARTS - 1, hit.getInnerHits().get("parts").getHits().length);
          }
        });
  }

  public void testNestedBoolWithOtherClauses() {
    assertNoFailuresAndResponse(
        search(
            nestedQuery(
                "parts",
                boolQuery().must(parts()).filter(termQuery("parts.lang", "en")),
                ScoreMode.Max)),
        response -> {
          // The filter of the bool comes after the best part of each parent was chosen.
          for (SearchHit hit : response.getHits()) {
            float best = Corpus.score(target, corpus.vector(PARTS * Integer.parseInt(hit.getId())));
            assertEquals(best, hit.getScore(), 1e-5f);
          }
        });
  }

  /** Parents there are none of the vectors' own documents, or none at all: nothing is found. */
  public void testInTheScopeOfAnotherPath() throws IOException {
    XContentBuilder mapping = JsonXContent.contentBuilder().startObject().startObject("properties");
    mapping.startObject("outer").field("type", "nested").startObject("properties");
    mapping.startObject("inner").field("type", "nested").endObject().endObject().endObject();
    mapping.startObject("parts").field("type", "nested").startObject("properties");
    mapping.startObject(Corpus.FIELD).field("type", "matryoshka_vector");
    mapping.field("dims", Corpus.DIMS).endObject().endObject().endObject();
    assertAcked(indicesAdmin().prepareCreate("others").setMapping(mapping.endObject().endObject()));
    var parts = List.of(Map.of(Corpus.FIELD, Corpus.asList(corpus.vector(0))));
    client().prepareIndex("others").setSource(Map.of("parts", parts)).get();
    indicesAdmin().prepareRefresh("others").get();
    NestedQueryBuilder elsewhere =
        nestedQuery("outer", nestedQuery("outer.inner", parts(), ScoreMode.Max), ScoreMode.Max);
    assertHitCount(client().prepareSearch("others").setQuery(elsewhere), 0);
    var outer = List.of(Map.of("inner", List.of(Map.of("a", "b"))));
    client().prepareIndex("others").setSource(Map.of("parts", parts, "outer", outer)).get();
    indicesAdmin().prepareRefresh("others").get();
    indicesAdmin().prepareForceMerge("others").setMaxNumSegments(1).get();
    assertHitCount(client().prepareSearch("others").setQuery(elsewhere), 0);
  }

  public void testVectorsComeBackIntoTheSourceOfParts() {
    assertNoFailuresAndResponse(
        client()
            .prepareSearch(INDEX)
            .setSource(
                new SearchSourceBuilder().query(termQuery("_id", "4")).excludeVectors(false)),
        response -> {
          List<?> parts = (List<?>) response.getHits().getAt(0).getSourceAsMap().get("parts");
          assertEquals(PARTS, parts.size());
          for (int i = 0; i < PARTS; i++) {
            List<Float> vector = new ArrayList<>();
            ((List<?>) ((Map<?, ?>) parts.get(i)).get(Corpus.FIELD))
                .forEach(value -> vector.add(((Number) value).floatValue()));
            assertEquals(Corpus.asList(corpus.vector(4 * PARTS + i)), vector);
          }
        });
  }
}
