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

import static org.junit.Assume.assumeTrue;

import dev.matryoshka.ElasticsearchLogging;
import dev.matryoshka.Embeddings;
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.store.Directory;
import org.apache.lucene.tests.util.LuceneTestCase;
import org.apache.lucene.tests.util.TestUtil;

/** Recall of the default funnel on real embeddings, in one segment and in eight. */
public class MatryoshkaQueryRecallTests extends LuceneTestCase {

  static {
    ElasticsearchLogging.configure();
  }

  public void testScifact() throws IOException {
    check("scifact", 0.985, 0.98);
  }

  public void testDebian() throws IOException {
    check("debian", 0.985, 0.97);
  }

  private void check(String set, double at10, double at100) throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    float[][] documents = Embeddings.load(set + "_docs", Integer.MAX_VALUE);
    float[][] targets = Embeddings.load(set + "_queries", 200);
    for (int segments : new int[] {1, 8}) {
      try (Directory directory = newFSDirectory(createTempDir())) {
        index(directory, documents, segments);
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          assertEquals(segments, reader.leaves().size());
          IndexSearcher searcher = new IndexSearcher(reader);
          double ten = recall(searcher, documents, targets, 10);
          double hundred = recall(searcher, documents, targets, 100);
          String figures = set + " in " + segments + " segments: " + ten + ", " + hundred;
          assertTrue(figures, ten >= at10 && hundred >= at100);
        }
      }
    }
  }

  private static void index(Directory directory, float[][] documents, int segments)
      throws IOException {
    IndexWriterConfig config =
        new IndexWriterConfig()
            .setCodec(
                TestUtil.alwaysKnnVectorsFormat(
                    new MatryoshkaVectorsFormat(
                        new CodecOptions(
                            VectorElement.FLOAT, RotationKind.PCA_RANDOM, List.of(256)))))
            .setMergePolicy(segments == 1 ? newLogMergePolicy() : NoMergePolicy.INSTANCE)
            .setRAMBufferSizeMB(1024);
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < documents.length; i++) {
        Document document = new Document();
        document.add(new KnnFloatVectorField("v", documents[i], VectorSimilarityFunction.COSINE));
        writer.addDocument(document);
        if (segments > 1 && (i + 1) % (documents.length / segments + 1) == 0) {
          writer.flush();
        }
      }
      if (segments == 1) {
        writer.forceMerge(1);
      }
    }
  }

  /** Ties are no loss: what counts is whether a score reaches the k-th best one. */
  private static double recall(
      IndexSearcher searcher, float[][] documents, float[][] targets, int k) throws IOException {
    double sum = 0;
    for (float[] target : targets) {
      float[] scores = new float[documents.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = VectorSimilarityFunction.COSINE.compare(target, documents[i]);
      }
      Arrays.sort(scores);
      float worst = scores[scores.length - k] - 1e-6f;
      TopDocs found =
          searcher.search(
              new MatryoshkaQuery("v", target, k, null, null, null, Cancellation.NONE), k);
      int hits = 0;
      for (var hit : found.scoreDocs) {
        hits += hit.score >= worst ? 1 : 0;
      }
      sum += (double) hits / k;
    }
    return sum / targets.length;
  }
}
