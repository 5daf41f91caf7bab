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

import static org.elasticsearch.index.query.QueryBuilders.rangeQuery;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertAcked;
import static org.elasticsearch.test.hamcrest.ElasticsearchAssertions.assertNoFailuresAndResponse;

import dev.matryoshka.integration.Corpus.Answer;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.action.search.SearchRequestBuilder;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.SearchPlugin;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.test.ESSingleNodeTestCase;

/**
 * An index whose engine belongs to somebody else, such as a follower's: its vectors are not in our
 * format, and are searched exactly.
 */
public class ForeignSegmentsTests extends ESSingleNodeTestCase {

  private static final String INDEX = "followed";
  private static final int DOCS = 1200;
  private static final int K = 10;

  /** Ours without the engine, as in an index that the engine is kept from. */
  public static final class WithoutEngine extends Plugin implements MapperPlugin, SearchPlugin {
    private final MatryoshkaPlugin plugin = new MatryoshkaPlugin();

    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
      return plugin.getMappers();
    }

    @Override
    public List<QuerySpec<?>> getQueries() {
      return plugin.getQueries();
    }
  }

  @Override
  protected Collection<Class<? extends Plugin>> getPlugins() {
    return List.of(WithoutEngine.class);
  }

  public void testSearchedExactly() throws IOException {
    Corpus corpus = new Corpus(3, DOCS);
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(Settings.builder().put("index.number_of_replicas", 0))
            .setMapping(Corpus.mapping()));
    for (int from = 0; from < DOCS; from += DOCS / 2) {
      BulkRequestBuilder bulk = client().prepareBulk();
      for (int doc = from; doc < from + DOCS / 2; doc++) {
        bulk.add(
            client()
                .prepareIndex(INDEX)
                .setId(String.valueOf(doc))
                .setSource(corpus.document(doc)));
      }
      assertFalse(bulk.get().hasFailures());
      indicesAdmin().prepareRefresh(INDEX).get();
    }
    float[] target = corpus.vector();
    // Stages that would find next to nothing if there were codes.
    List<Stage> stages = List.of(Stage.hamming(64, K), Stage.floats(Corpus.DIMS, Stage.LAST));
    assertAnswers(
        corpus.nearest(target, K, doc -> true),
        search(new MatryoshkaQueryBuilder(Corpus.FIELD, target, K, List.of(), stages)));
    assertAnswers(
        corpus.nearest(target, K, doc -> doc >= 900),
        search(
            new MatryoshkaQueryBuilder(
                Corpus.FIELD, target, K, List.of(rangeQuery("n").gte(900)), stages)));
  }

  private SearchRequestBuilder search(QueryBuilder query) {
    return client().prepareSearch(INDEX).setQuery(query).setSize(K);
  }

  private static void assertAnswers(List<Answer> expected, SearchRequestBuilder request) {
    assertNoFailuresAndResponse(
        request,
        response -> {
          SearchHit[] hits = response.getHits().getHits();
          assertEquals(
              expected.stream().map(answer -> String.valueOf(answer.doc())).toList(),
              Arrays.stream(hits).map(SearchHit::getId).toList());
          for (int i = 0; i < hits.length; i++) {
            assertEquals(expected.get(i).score(), hits[i].getScore(), 1e-5f);
          }
        });
  }
}
