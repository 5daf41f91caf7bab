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
package dev.matryoshka.search;

import com.carrotsearch.randomizedtesting.annotations.TimeoutSuite;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.tests.util.LuceneTestCase;

/** Thousands of segments, and hundreds of fields, are searched like few. */
@TimeoutSuite(millis = 120_000)
public class ManySegmentsTests extends LuceneTestCase {

  private static final int SEGMENTS = 2000;
  private static final int FIELDS = 300;
  private static final int VECTORS = 20;
  private static final int DIMS = 8;
  private static final int K = 10;

  private static Directory plainDirectory() {
    // No checks on every file: there are thousands.
    return new ByteBuffersDirectory();
  }

  public void testThousandsOfSegments() throws IOException {
    Random random = random();
    try (Directory directory = plainDirectory();
        IndexWriter writer =
            new IndexWriter(directory, SearchIndex.coded(RotationKind.PCA_RANDOM, 64))) {
      for (int s = 0; s < SEGMENTS; s++) {
        float[] vector = SearchIndex.vector(random, DIMS);
        writer.addDocument(SearchIndex.document(s, vector, VectorSimilarityFunction.COSINE));
        writer.flush();
      }
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        assertEquals(SEGMENTS, reader.leaves().size());
        float[] target = SearchIndex.vector(random, DIMS);
        List<ScoreDoc> expected = SearchIndex.ranked(reader, target, number -> true);
        IndexSearcher searcher = new IndexSearcher(reader);
        ScoreDoc[] hits = searcher.search(SearchIndex.query(target, K), K).scoreDocs;
        assertEquals(K, hits.length);
        for (int i = 0; i < K; i++) {
          assertEquals(expected.get(i).score, hits[i].score, 1e-6f);
        }
        AtomicInteger tasks = new AtomicInteger();
        Executor counting =
            task -> {
              tasks.incrementAndGet();
              task.run();
            };
        new IndexSearcher(reader, counting).rewrite(SearchIndex.query(target, K));
        assertEquals("all of them are worth one thread", 0, tasks.get());
      }
    }
  }

  public void testHundredsOfFields() throws IOException {
    Random random = random();
    try (Directory directory = plainDirectory();
        IndexWriter writer =
            new IndexWriter(directory, SearchIndex.coded(RotationKind.PCA_RANDOM, 64))) {
      float[][][] vectors = new float[FIELDS][VECTORS][];
      for (int doc = 0; doc < VECTORS; doc++) {
        Document document = new Document();
        for (int field = 0; field < FIELDS; field++) {
          vectors[field][doc] = SearchIndex.vector(random, DIMS);
          document.add(
              new KnnFloatVectorField(
                  "v" + field, vectors[field][doc], VectorSimilarityFunction.COSINE));
        }
        writer.addDocument(document);
      }
      writer.forceMerge(1);
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        for (int field = 0; field < FIELDS; field++) {
          int wanted = random.nextInt(VECTORS);
          MatryoshkaQuery query =
              new MatryoshkaQuery(
                  "v" + field, vectors[field][wanted], 1, null, null, null, Cancellation.NONE);
          assertEquals(wanted, searcher.search(query, 1).scoreDocs[0].doc);
        }
      }
    }
  }
}
