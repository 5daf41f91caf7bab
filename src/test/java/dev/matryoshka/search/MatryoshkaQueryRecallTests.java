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

import dev.matryoshka.Embeddings;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.tests.util.TestUtil;

/** What funnels find of the exact best on real embeddings, in one segment and in several. */
public class MatryoshkaQueryRecallTests extends MatryoshkaTestCase {

  private static final int BITS = 256;

  public void testDefaultFunnel() throws IOException {
    check(1, 0.985, 0.97);
  }

  public void testDefaultFunnelOverSegments() throws IOException {
    check(3, 0.985, 0.97);
  }

  private void check(int segments, double at10, double at100) throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    float[][] documents = Embeddings.load("debian_docs", 12_000);
    float[][] targets = Embeddings.load("debian_queries", 100);
    try (Directory directory = newMMapDirectory()) {
      index(directory, documents, segments, RotationKind.PCA_RANDOM);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        assertEquals(segments, reader.leaves().size());
        for (LeafReaderContext leaf : reader.leaves()) {
          assertNotNull(SegmentView.open(leaf, "v").codes());
        }
        IndexSearcher searcher = new IndexSearcher(reader);
        double ten = recall(searcher, documents, targets, 10, RecallTarget.DEFAULT);
        double hundred = recall(searcher, documents, targets, 100, RecallTarget.DEFAULT);
        String figures = "in " + segments + " segments: " + ten + ", " + hundred;
        assertTrue(figures, ten >= at10 && hundred >= at100);
      }
    }
  }

  /** Queries of another kind than the documents included. */
  public void testTargets() throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    float[][] documents = Embeddings.load("debian_docs", 12_000);
    try (Directory directory = newMMapDirectory()) {
      index(directory, documents, 1, RotationKind.PCA_RANDOM);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        for (String set : List.of("debian_queries", "scifact_queries")) {
          float[][] targets = Embeddings.load(set, 100);
          long least = 0;
          for (double share : new double[] {0.9, 0.99, 0.999}) {
            for (int k : new int[] {10, 100}) {
              double recall = recall(searcher, documents, targets, k, new RecallTarget(share));
              String figures = set + " at " + share + ", " + k + ": " + recall;
              // A hundred queries tell the mean to about a hundredth.
              assertTrue(figures, recall >= share - 0.01);
            }
            long scored = scored(searcher, targets, new RecallTarget(share));
            least = least == 0 ? scored : least;
            assertTrue(set + " at " + share + ": " + scored, scored >= least);
            if (share == 0.999) {
              assertTrue(set + ": " + least + " and " + scored, 2 * least <= scored);
            }
          }
        }
      }
    }
  }

  /** What segments say of themselves, with documents as queries, holds for real queries. */
  public void testForecastOfFirstStages() throws IOException {
    checkForecasts(1);
    checkForecasts(3);
  }

  private void checkForecasts(int segments) throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    float[][] documents = Embeddings.load("debian_docs", 12_000);
    float[][] targets = Embeddings.load("debian_queries", 100);
    try (Directory directory = newMMapDirectory()) {
      index(directory, documents, segments, RotationKind.PCA_RANDOM);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        for (int keep : new int[] {20, 80, 320}) {
          for (Stage first : List.of(Stage.hamming(BITS, keep), Stage.asymmetric(BITS, keep))) {
            double kept = kept(first, searcher, documents, targets);
            double forecast = forecast(searcher, targets[0], first);
            // Of 32 held-out documents and 100 queries: three standard errors of the difference.
            assertEquals(first + " in " + segments + " segments", kept, forecast, 0.12);
          }
        }
      }
    }
  }

  /** As the profile has it. */
  private static double forecast(IndexSearcher searcher, float[] target, Stage first)
      throws IOException {
    Stage last = Stage.floats(target.length, Stage.LAST);
    String description = searcher.rewrite(SearchIndex.query(target, 10, first, last)).toString();
    Matcher forecast = Pattern.compile("first stage predicted=([0-9.]+)").matcher(description);
    assertTrue(description, forecast.find());
    return Double.parseDouble(forecast.group(1));
  }

  /** Documents scored at full precision. */
  private static long scored(IndexSearcher searcher, float[][] targets, RecallTarget recall)
      throws IOException {
    AtomicLong sum = new AtomicLong();
    for (float[] target : targets) {
      ExecutedFunnels.visit(
          searcher.rewrite(SearchIndex.query(target, 10).aimingAt(recall)),
          (query, funnel) -> sum.addAndGet(funnel.stages().getLast().compared()));
    }
    return sum.get();
  }

  public void testWhatTheFirstStageKeepsOfTheBestWithItq() throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    float[][] documents = Embeddings.load("scifact_docs", Integer.MAX_VALUE);
    float[][] targets = Embeddings.load("scifact_queries", Integer.MAX_VALUE);
    try (Directory directory = newMMapDirectory()) {
      index(directory, documents, 1, RotationKind.ITQ);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        int[] kept = {20, 100, 200};
        // Processors sum in different orders, which moves these by some thousandths.
        double[] byHamming = {0.725, 0.94, 0.975};
        double[] byEstimate = {0.875, 0.99, 0.998};
        for (int i = 0; i < kept.length; i++) {
          Stage hamming = Stage.hamming(BITS, kept[i]);
          Stage asymmetric = Stage.asymmetric(BITS, kept[i]);
          checkKept(byHamming[i], hamming, searcher, documents, targets);
          checkKept(byEstimate[i], asymmetric, searcher, documents, targets);
        }
      }
    }
  }

  /** With full precision straight after the first stage, what is found is what that stage kept. */
  private static void checkKept(
      double least, Stage first, IndexSearcher searcher, float[][] documents, float[][] targets)
      throws IOException {
    double kept = kept(first, searcher, documents, targets);
    assertTrue(first + " keeps " + kept, kept >= least);
  }

  private static double kept(
      Stage first, IndexSearcher searcher, float[][] documents, float[][] targets)
      throws IOException {
    List<Stage> stages = List.of(first, Stage.floats(documents[0].length, Stage.LAST));
    return recall(searcher, documents, targets, 10, stages);
  }

  private static Directory newMMapDirectory() throws IOException {
    return new MMapDirectory(createTempDir());
  }

  /** Segments that are results of merges: small flushes would have no codes to be searched by. */
  private static void index(
      Directory directory, float[][] documents, int segments, RotationKind rotation)
      throws IOException {
    try (IndexWriter writer =
        new IndexWriter(directory, config(rotation).setMergePolicy(NoMergePolicy.INSTANCE))) {
      for (int s = 0; s < segments; s++) {
        int from = documents.length * s / segments;
        int to = documents.length * (s + 1) / segments;
        try (Directory part = newMMapDirectory()) {
          merged(part, Arrays.copyOfRange(documents, from, to), rotation);
          writer.addIndexes(part);
        }
      }
    }
  }

  private static void merged(Directory directory, float[][] documents, RotationKind rotation)
      throws IOException {
    try (IndexWriter writer =
        new IndexWriter(directory, config(rotation).setMergePolicy(new LogDocMergePolicy()))) {
      for (int i = 0; i < documents.length; i++) {
        Document document = new Document();
        document.add(new KnnFloatVectorField("v", documents[i], VectorSimilarityFunction.COSINE));
        writer.addDocument(document);
        if (i == documents.length / 2) {
          writer.flush();
        }
      }
      writer.forceMerge(1);
    }
  }

  private static IndexWriterConfig config(RotationKind rotation) {
    CodecOptions options = new CodecOptions(VectorElement.FLOAT, rotation, List.of(BITS));
    return new IndexWriterConfig()
        .setCodec(TestUtil.alwaysKnnVectorsFormat(new MatryoshkaVectorsFormat(options)))
        .setRAMBufferSizeMB(1024);
  }

  /** Ties are no loss: what counts is whether a score reaches the k-th best one. */
  private static double recall(
      IndexSearcher searcher, float[][] documents, float[][] targets, int k, List<Stage> stages)
      throws IOException {
    return recall(
        searcher,
        documents,
        targets,
        k,
        target -> new MatryoshkaQuery("v", target, k, null, stages, null, Cancellation.NONE));
  }

  private static double recall(
      IndexSearcher searcher, float[][] documents, float[][] targets, int k, RecallTarget recall)
      throws IOException {
    return recall(
        searcher, documents, targets, k, target -> SearchIndex.query(target, k).aimingAt(recall));
  }

  private static double recall(
      IndexSearcher searcher,
      float[][] documents,
      float[][] targets,
      int k,
      Function<float[], MatryoshkaQuery> query)
      throws IOException {
    double sum = 0;
    for (float[] target : targets) {
      float[] scores = new float[documents.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = VectorSimilarityFunction.COSINE.compare(target, documents[i]);
      }
      Arrays.sort(scores);
      float worst = scores[scores.length - k] - 1e-6f;
      TopDocs found = searcher.search(query.apply(target), k);
      int hits = 0;
      for (var hit : found.scoreDocs) {
        hits += hit.score >= worst ? 1 : 0;
      }
      sum += (double) hits / k;
    }
    return sum / targets.length;
  }
}
