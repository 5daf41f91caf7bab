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
import static org.hamcrest.Matchers.lessThan;

import dev.matryoshka.Embeddings;
import dev.matryoshka.action.RecallAction;
import dev.matryoshka.action.RecallRequest;
import dev.matryoshka.audit.AuditReport;
import dev.matryoshka.audit.AuditReport.AtK;
import dev.matryoshka.audit.QueryResult;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.util.VectorUtil;
import org.elasticsearch.action.bulk.BulkRequestBuilder;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.test.ESSingleNodeTestCase;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.XContentParser;

/** An audit of real embeddings with human labels, against figures computed without its code. */
public class LabelledAuditTests extends ESSingleNodeTestCase {

  private static final String INDEX = "abstracts";
  private static final int DIMS = 768;
  private static final int BITS = 256;
  private static final int K = 10;

  /** Twice that of scores, which are half of one more than the cosine. */
  private static final float TIE = 2e-6f;

  /** Few enough to lose something. */
  private static final List<Stage> NARROW =
      List.of(Stage.hamming(BITS, 60), Stage.asymmetric(BITS, 30), Stage.floats(DIMS, Stage.LAST));

  @Override
  protected Collection<Class<? extends Plugin>> getPlugins() {
    return List.of(MatryoshkaPlugin.class);
  }

  @Override
  protected boolean resetNodeAfterTest() {
    return true;
  }

  private static List<String> lines(String file) throws IOException {
    return Files.readAllLines(Embeddings.DIRECTORY.resolve(file));
  }

  private void index(float[][] vectors, List<String> ids) throws IOException {
    XContentBuilder mapping = XContentFactory.jsonBuilder().startObject();
    mapping.startObject("properties").startObject("vector");
    mapping.field("type", "matryoshka_vector").field("dims", DIMS);
    mapping.endObject().endObject().endObject();
    assertAcked(
        indicesAdmin()
            .prepareCreate(INDEX)
            .setSettings(
                Settings.builder()
                    .put("index.number_of_shards", 2)
                    .put("index.number_of_replicas", 0)
                    .put("index.refresh_interval", -1))
            .setMapping(mapping));
    for (int from = 0; from < vectors.length; from += 1000) {
      BulkRequestBuilder bulk = client().prepareBulk();
      for (int i = from; i < Math.min(from + 1000, vectors.length); i++) {
        bulk.add(
            client().prepareIndex(INDEX).setId(ids.get(i)).setSource("vector", base64(vectors[i])));
      }
      assertFalse(bulk.get().hasFailures());
      indicesAdmin().prepareRefresh(INDEX).get();
    }
    indicesAdmin().prepareForceMerge(INDEX).setMaxNumSegments(1).get();
    indicesAdmin().prepareRefresh(INDEX).get();
  }

  /** Big-endian floats in base64, which is quicker than digits. */
  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private AuditReport audit(float[][] queries, List<String> ids, boolean narrow)
      throws IOException {
    Map<String, Map<String, Integer>> labels = labels();
    XContentBuilder b = XContentFactory.jsonBuilder().startObject();
    b.field("field", "vector").field("k", K).field("details", true).startArray("query_vectors");
    for (int q = 0; q < queries.length; q++) {
      b.startObject().field("id", ids.get(q)).field("query_vector", queries[q]);
      b.startArray("ratings");
      for (var label : labels.getOrDefault(ids.get(q), Map.of()).entrySet()) {
        b.startObject().field("_id", label.getKey()).field("rating", label.getValue()).endObject();
      }
      b.endArray().endObject();
    }
    b.endArray();
    if (narrow) {
      b.startArray("stages");
      b.startObject().field("bits", BITS).field("keep", NARROW.get(0).keep()).endObject();
      b.startObject().field("bits", BITS).field("score", "asymmetric");
      b.field("keep", NARROW.get(1).keep()).endObject();
      b.startObject().field("dims", DIMS).endObject().endArray();
    }
    try (XContentParser parser = createParser(b.endObject())) {
      return client()
          .execute(RecallAction.INSTANCE, new RecallRequest(INDEX).parse(parser))
          .actionGet()
          .report();
    }
  }

  private static Map<String, Map<String, Integer>> labels() throws IOException {
    Map<String, Map<String, Integer>> labels = new HashMap<>();
    for (String line : lines("scifact_qrels.tsv").stream().skip(1).toList()) {
      String[] cells = line.split("\t");
      labels
          .computeIfAbsent(cells[0], id -> new HashMap<>())
          .put(cells[1], Integer.parseInt(cells[2]));
    }
    return labels;
  }

  public void testScifact() throws IOException {
    assumeTrue("no embeddings in " + Embeddings.DIRECTORY, Embeddings.available());
    float[][] documents = Embeddings.load("scifact_docs", Integer.MAX_VALUE);
    float[][] queries = Embeddings.load("scifact_queries", Integer.MAX_VALUE);
    List<String> documentIds = lines("scifact_doc_ids.txt");
    List<String> queryIds = lines("scifact_query_ids.txt");
    index(documents, documentIds);

    AtK usual = audit(queries, queryIds, false).results().getFirst();
    assertEquals(queries.length, usual.labelled());
    // Exact search on this set, as published with it.
    assertEquals(0.711, usual.labels().exactNdcg(), 0.0006);
    assertEquals(0.839, usual.labels().exactRecall(), 0.0006);
    assertEquals(1, usual.recall().mean(), 0.003);

    AtK narrow = audit(queries, queryIds, true).results().getFirst();
    assertThat(narrow.recall().mean(), lessThan(1.0));
    for (int q = 0; q < queries.length; q += 3) {
      QueryResult result = narrow.details().get(q);
      assertEquals(queryIds.get(q), result.id());
      assertEquals(found(documents, documentIds, queries[q]), result.found());
    }
  }

  private int found(float[][] documents, List<String> ids, float[] query) {
    float[] scores = new float[documents.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = VectorUtil.dotProduct(query, documents[i]);
    }
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    float worst = sorted[sorted.length - K] - TIE;
    Set<String> expected = new HashSet<>();
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] >= worst) {
        expected.add(ids.get(i));
      }
    }
    int[] found = new int[1];
    assertNoFailuresAndResponse(
        client()
            .prepareSearch(INDEX)
            .setQuery(new MatryoshkaQueryBuilder("vector", query, K, List.of(), NARROW))
            .setSize(K),
        response ->
            found[0] =
                (int)
                    Arrays.stream(response.getHits().getHits())
                        .map(SearchHit::getId)
                        .filter(expected::contains)
                        .count());
    return found[0];
  }
}
