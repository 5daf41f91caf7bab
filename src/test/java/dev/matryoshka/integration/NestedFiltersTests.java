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
import static org.elasticsearch.index.query.QueryBuilders.multiMatchQuery;
import static org.elasticsearch.index.query.QueryBuilders.nestedQuery;
import static org.elasticsearch.index.query.QueryBuilders.termQuery;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertAcked;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailuresAndResponse;

import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.FindAllSettings;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.FindAllQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.search.join.ScoreMode;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.query.InnerHitBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.junit.Before;

/**
 * Filters of vectors two levels deep: on the vectors' own documents, on those below them, and on
 * both levels above. A {@code book} has chapters, these have parts with a vector, and these tags.
 */
public class NestedFiltersTests extends ESSingleNodeTestCase {

  private static final String INDEX = "books";
  private static final String CHAPTERS = "chapters";
  private static final String PARTS = "chapters.parts";
  private static final String TAGS = "chapters.parts.tags";
  private static final String VECTOR = "chapters.parts.vector";
  private static final int BOOKS = 6;

  @Override
  protected Collection<Class<? extends Plugin>> getPlugins() {
    return List.of(MatryoshkaPlugin.class);
  }

  private static XContentBuilder nested(XContentBuilder b, String name) throws IOException {
    b.startObject(name).field("type", "nested").startObject("properties");
    b.startObject("title").field("type", "text").endObject();
    return b;
  }

  @Before
  public void indexBooks() throws IOException {
    XContentBuilder b = JsonXContent.contentBuilder().startObject().startObject("properties");
    b.startObject("title").field("type", "text").endObject();
    nested(nested(b, "chapters"), "parts");
    b.startObject("vector").field("type", "matryoshka_vector").field("dims", 2).endObject();
    nested(b, "tags").endObject().endObject();
    b.endObject().endObject().endObject().endObject().endObject().endObject();
    assertAcked(indicesAdmin().prepareCreate(INDEX).setMapping(b));
    for (int book = 0; book < BOOKS; book++) {
      List<Object> chapters = new ArrayList<>();
      for (int chapter = 0; chapter < 2; chapter++) {
        List<Object> parts = new ArrayList<>();
        for (int part = 0; part < 2; part++) {
          parts.add(
              Map.of(
                  "title", "part" + part + " b" + book,
                  "vector", List.of(1 + part, 1 + book),
                  "tags", List.of(Map.of("title", "tag" + book % 3))));
        }
        chapters.add(Map.of("title", "chapter" + chapter + " even" + book % 2, "parts", parts));
      }
      client()
          .prepareIndex(INDEX)
          .setId("" + book)
          .setSource(Map.of("title", "book" + book, "chapters", chapters))
          .get();
    }
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  private static QueryBuilder inParts(QueryBuilder query) {
    return nestedQuery(CHAPTERS, nestedQuery(PARTS, query, ScoreMode.Max), ScoreMode.Max);
  }

  private Set<String> books(QueryBuilder query) {
    Set<String> found = new TreeSet<>();
    assertNoFailuresAndResponse(
        client().prepareSearch(INDEX).setQuery(query).setSize(BOOKS),
        response -> response.getHits().forEach(hit -> found.add(hit.getId())));
    return found;
  }

  private void assertFound(QueryBuilder filter, String... expected) {
    float[] target = {1, 1};
    Set<String> ids = new TreeSet<>(List.of(expected));
    assertEquals(
        ids, books(inParts(new MatryoshkaQueryBuilder(VECTOR, target, 100, List.of(filter)))));
    assertEquals(
        ids,
        books(
            inParts(
                MatryoshkaQueryBuilder.above(-1, VECTOR, target, null, List.of(filter), null))));
  }

  public void testLevels() {
    assertFound(termQuery("title", "book3"), "3");
    assertFound(termQuery("chapters.title", "even0"), "0", "2", "4");
    assertFound(termQuery("chapters.parts.title", "b5"), "5");
    assertFound(nestedQuery(TAGS, termQuery(TAGS + ".title", "tag1"), ScoreMode.None), "1", "4");
    assertFound(
        boolQuery().mustNot(nestedQuery(TAGS, termQuery(TAGS + ".title", "tag1"), ScoreMode.None)),
        "0",
        "2",
        "3",
        "5");
    assertFound(
        boolQuery()
            .filter(termQuery("chapters.title", "even0"))
            .filter(nestedQuery(TAGS, termQuery(TAGS + ".title", "tag1"), ScoreMode.None))
            .mustNot(termQuery("title", "book3")),
        "4");
  }

  public void testOneQueryOfSeveralLevels() {
    assertFound(multiMatchQuery("book3", "title", "chapters.parts.title"), "3");
    assertFound(multiMatchQuery("b4", "title", "chapters.parts.title"), "4");
    assertFound(
        multiMatchQuery("book1 b2 even9", "title", "chapters.title", "chapters.parts.title"),
        "1",
        "2");
  }

  private int innerHits(QueryBuilder query) {
    int[] found = {0};
    QueryBuilder withHits =
        nestedQuery(PARTS, query, ScoreMode.Max).innerHit(new InnerHitBuilder().setSize(10));
    assertNoFailuresAndResponse(
        client().prepareSearch(INDEX).setQuery(withHits).setSize(BOOKS),
        response -> {
          for (SearchHit hit : response.getHits()) {
            found[0] += hit.getInnerHits().get(PARTS).getHits().length;
          }
        });
    return found[0];
  }

  /** Those whose filter is a vector query: its best, not all that have a vector. */
  public void testInnerHitsOfTheFilter() {
    float[] target = {1, 1};
    QueryBuilder two = MatryoshkaQueryBuilder.above(0.99f, VECTOR, target, null, List.of(), null);
    int near = innerHits(two);
    assertTrue("" + near, near > 0 && near < 4 * BOOKS);
    QueryBuilder best = new MatryoshkaQueryBuilder(VECTOR, target, 3, List.of());
    assertEquals(3, innerHits(new MatryoshkaQueryBuilder(VECTOR, target, 100, List.of(best))));
  }

  public void testInnerHitsHaveNoLimits() {
    assertAcked(
        indicesAdmin()
            .prepareUpdateSettings(INDEX)
            .setSettings(Settings.builder().put(FindAllSettings.MAX_SCORED.getKey(), 0)));
    float[] target = {1, 1};
    assertTrue(
        innerHits(
                MatryoshkaQueryBuilder.above(
                    -1, VECTOR, target, 100, List.of(), FindAllQuery.Mode.FAST))
            > 0);
  }
}
