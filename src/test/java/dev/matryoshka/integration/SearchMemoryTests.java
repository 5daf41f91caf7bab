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

import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.elasticsearch.ExceptionsHelper;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.common.breaker.CircuitBreakingException;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.indices.breaker.CircuitBreakerService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.test.ESSingleNodeTestCase;

/** Searches take their memory from what a node has for requests, and give it back. */
public class SearchMemoryTests extends ESSingleNodeTestCase {

  private static final String INDEX = "papers";
  private static final int DOCS = 3000;

  private final Corpus corpus = new Corpus(23, DOCS);

  @Override
  protected Collection<Class<? extends Plugin>> getPlugins() {
    return List.of(MatryoshkaPlugin.class);
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

  private void limit(String limit) {
    Settings.Builder settings = Settings.builder();
    if (limit == null) {
      settings.putNull("indices.breaker.request.limit");
    } else {
      settings.put("indices.breaker.request.limit", limit);
    }
    assertAcked(
        clusterAdmin()
            .prepareUpdateSettings(TEST_REQUEST_TIMEOUT, TEST_REQUEST_TIMEOUT)
            .setPersistentSettings(settings));
  }

  private long used() {
    return getInstanceFromNode(CircuitBreakerService.class)
        .getBreaker(CircuitBreaker.REQUEST)
        .getUsed();
  }

  private MatryoshkaQueryBuilder query(int keep) {
    return new MatryoshkaQueryBuilder(
        Corpus.FIELD,
        corpus.vector(),
        10,
        List.of(),
        List.of(Stage.hamming(Corpus.BITS, keep), Stage.floats(Corpus.DIMS, Stage.LAST)));
  }

  public void testMoreThanThereIs() throws IOException {
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(
                Settings.builder()
                    .put("index.number_of_shards", 1)
                    .put("index.number_of_replicas", 0))
            .setMapping(Corpus.mapping()));
    index(0, DOCS / 2);
    index(DOCS / 2, DOCS);
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    indicesAdmin().prepareRefresh(INDEX).get();
    long before = used();
    limit("60kb");
    try {
      assertNoFailuresAndResponse(
          client().prepareSearch(INDEX).setQuery(query(100)),
          response -> assertEquals(10, response.getHits().getHits().length));
      Exception refusal =
          expectThrows(
              Exception.class, () -> client().prepareSearch(INDEX).setQuery(query(2500)).get());
      assertEquals(RestStatus.TOO_MANY_REQUESTS, ExceptionsHelper.status(refusal));
      Throwable reason = ExceptionsHelper.unwrap(refusal, CircuitBreakingException.class);
      assertNotNull("" + refusal, reason);
      assertThat(reason.getMessage(), containsString("[matryoshka]"));
      assertEquals(before, used());
    } finally {
      limit(null);
    }
    assertNoFailuresAndResponse(
        client().prepareSearch(INDEX).setQuery(query(2500)),
        response -> assertEquals(10, response.getHits().getHits().length));
    assertEquals(before, used());
  }
}
