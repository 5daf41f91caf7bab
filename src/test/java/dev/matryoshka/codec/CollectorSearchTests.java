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
package dev.matryoshka.codec;

import static org.junit.Assume.assumeTrue;

import dev.matryoshka.Embeddings;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;

/** Lucene's own vector query on our segments, which answers in two stages. */
public class CollectorSearchTests extends MatryoshkaTestCase {

  private static final VectorSimilarityFunction SIMILARITY = VectorSimilarityFunction.COSINE;

  private interface Search {
    void run(IndexSearcher searcher) throws IOException;
  }

  private static void search(float[][] documents, RotationKind kind, Search search)
      throws IOException {
    CodecOptions options = CodedIndex.options(kind, 256);
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
      for (int i = 0; i < documents.length; i++) {
        writer.addDocument(CodedIndex.document(i, documents[i], SIMILARITY));
      }
      writer.flush();
      // A second segment, so that there is something to merge; it has no vectors.
      writer.addDocument(CodedIndex.document(documents.length, null, SIMILARITY));
      writer.forceMerge(1);
      // Every tenth is deleted.
      for (int i = 0; i < documents.length; i += 10) {
        writer.deleteDocuments(new Term("key", "" + i));
      }
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        for (var leaf : reader.leaves()) {
          assertNotNull(CodedIndex.codes(leaf.reader()));
        }
        search.run(new IndexSearcher(reader));
      }
    }
  }

  /** Scores of the live documents from a number on, best first. */
  private static float[] scores(float[][] documents, float[] target, int from) {
    float[] scores = new float[documents.length];
    int count = 0;
    for (int i = from; i < documents.length; i++) {
      if (i % 10 != 0) {
        scores[count++] = -SIMILARITY.compare(target, documents[i]);
      }
    }
    scores = Arrays.copyOf(scores, count);
    Arrays.sort(scores);
    for (int i = 0; i < count; i++) {
      scores[i] = -scores[i];
    }
    return scores;
  }

  public void testRecall() throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    float[][] documents = Embeddings.load("scifact_docs", 5000);
    float[][] targets = Embeddings.load("scifact_queries", 100);
    search(
        documents,
        RotationKind.PCA_RANDOM,
        searcher -> {
          int found = 0;
          for (float[] target : targets) {
            float worst = scores(documents, target, 0)[9] - 1e-6f;
            ScoreDoc[] hits =
                searcher.search(new KnnFloatVectorQuery(CodedIndex.FIELD, target, 10), 10)
                    .scoreDocs;
            assertEquals(10, hits.length);
            for (ScoreDoc hit : hits) {
              assertTrue("a deleted document", hit.doc % 10 != 0);
              float score = SIMILARITY.compare(target, documents[hit.doc]);
              assertEquals(score, hit.score, 1e-6);
              found += hit.score >= worst ? 1 : 0;
            }
          }
          double recall = found / (10.0 * targets.length);
          assertTrue("recall " + recall, recall >= 0.98);
        });
  }

  public void testFiltersAndExactness() throws IOException {
    float[][] documents = new float[2000][];
    for (int i = 0; i < documents.length; i++) {
      documents[i] = CodedIndex.vector(random(), 256);
    }
    search(
        documents,
        RotationKind.RANDOM,
        searcher -> {
          float[] target = CodedIndex.vector(random(), 256);
          // More than half of all are wanted: everything is scored.
          check(searcher, documents, target, 150, 0);
          // Few are accepted: these are scored.
          check(searcher, documents, target, 5, 1900);
          check(searcher, documents, target, 100, 1950);
          check(searcher, documents, target, 5, 1500);
        });
  }

  private static void check(
      IndexSearcher searcher, float[][] documents, float[] target, int k, int from)
      throws IOException {
    float[] expected = scores(documents, target, from);
    Query filter = NumericDocValuesField.newSlowRangeQuery("id", from, documents.length);
    ScoreDoc[] hits =
        searcher.search(new KnnFloatVectorQuery(CodedIndex.FIELD, target, k, filter), k).scoreDocs;
    assertEquals(Math.min(k, expected.length), hits.length);
    for (int i = 0; i < hits.length; i++) {
      assertTrue(hits[i].doc >= from);
      assertEquals(expected[i], hits[i].score, 1e-6);
    }
  }
}
