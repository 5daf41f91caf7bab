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

import com.carrotsearch.randomizedtesting.generators.RandomPicks;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.binary.HammingKernels;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LogByteSizeMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;

/** What searches that aim at a recall do, whatever the data: rules, not recall. */
public class TargetRecallTests extends MatryoshkaTestCase {

  private static final int DIMS = 64;

  /** Codes of 64 bits of noise know little, so that searches have to widen. */
  private static Directory index(int docs, int segments, VectorSimilarityFunction similarity)
      throws IOException {
    return index(docs, segments, DIMS, similarity);
  }

  private static Directory index(
      int docs, int segments, int dims, VectorSimilarityFunction similarity) throws IOException {
    Directory directory = new ByteBuffersDirectory();
    try (IndexWriter writer =
        new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, DIMS))) {
      for (int i = 0; i < docs; i++) {
        float[] vector = SearchIndex.vector(random(), dims);
        writer.addDocument(SearchIndex.document(i, vector, similarity));
        if (i % (docs / segments) == docs / segments - 1) {
          writer.flush();
        }
      }
      for (int i = 0; i < docs / 50; i++) {
        writer.deleteDocuments(new Term("key", "" + random().nextInt(docs)));
      }
    }
    return directory;
  }

  /** Readers are not wrapped: some that the test framework wraps around others hide the codes. */
  private static IndexSearcher searcher(DirectoryReader reader) {
    return newSearcher(reader, false);
  }

  private static MatryoshkaQuery query(float[] target, int k, Query filter, double share) {
    return new MatryoshkaQuery(SearchIndex.FIELD, target, k, filter, null, null, Cancellation.NONE)
        .aimingAt(new RecallTarget(share));
  }

  private static ExecutedFunnel executed(IndexSearcher searcher, MatryoshkaQuery query)
      throws IOException {
    ExecutedFunnel[] found = new ExecutedFunnel[1];
    ExecutedFunnels.visit(searcher.rewrite(query), (origin, funnel) -> found[0] = funnel);
    return found[0];
  }

  public void testAnswersAreAnswersHoweverFewAreScored() throws IOException {
    for (VectorSimilarityFunction similarity : VectorSimilarityFunction.values()) {
      int segments = 1 + random().nextInt(3);
      try (Directory directory = index(9000, segments, similarity);
          DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = searcher(reader);
        float[] target = SearchIndex.vector(random(), DIMS);
        for (double share : new double[] {0.5, 0.9, 0.999}) {
          boolean filtered = random().nextBoolean();
          int limit = filtered ? 7000 : Integer.MAX_VALUE;
          Query filter = filtered ? IntPoint.newRangeQuery("number", 0, limit) : null;
          int k = 1 + random().nextInt(200);
          MatryoshkaQuery query = query(target, k, filter, share);
          ScoreDoc[] hits = searcher.search(query, k).scoreDocs;
          assertEquals(k, hits.length);
          List<ScoreDoc> exact = SearchIndex.ranked(reader, target, number -> number <= limit);
          Set<Integer> seen = new HashSet<>();
          for (int i = 0; i < k; i++) {
            assertTrue(seen.add(hits[i].doc));
            assertTrue(hits[i].score <= exact.get(i).score * (1 + 1e-6f));
            ScoreDoc hit = hits[i];
            ScoreDoc truth =
                exact.stream().filter(each -> each.doc == hit.doc).findAny().orElseThrow();
            assertEquals(truth.score, hit.score, 1e-6f * Math.abs(truth.score));
          }
          checkBounds(executed(searcher, query), reader.maxDoc());
        }
      }
    }
  }

  private static void checkBounds(ExecutedFunnel funnel, int docs) {
    List<Comparison.StageOutcome> stages = funnel.stages();
    assertTrue("" + funnel, funnel.predictedRecall() >= 0 && funnel.predictedRecall() <= 1);
    for (int i = 1; i < stages.size(); i++) {
      assertTrue("" + funnel, stages.get(i).compared() <= docs);
      assertTrue("" + funnel, stages.get(i).kept() <= stages.get(i - 1).kept());
    }
  }

  /** Copies of one vector do not show how far estimates of others are off. */
  /** Codes tell these vectors apart so well that half of the answer takes less than all of it. */
  public void testLowTargetsFindAsManyAsAreAskedFor() throws IOException {
    int docs = 5000;
    try (Directory directory = new ByteBuffersDirectory()) {
      try (IndexWriter writer =
          new IndexWriter(
              directory,
              SearchIndex.coded(RotationKind.RANDOM, DIMS)
                  .setMergePolicy(new LogByteSizeMergePolicy()))) {
        for (int i = 0; i < docs; i++) {
          float[] vector = new float[DIMS];
          for (int d = 0; d < DIMS; d++) {
            vector[d] = (float) random().nextGaussian() * (d < 4 ? 1 : 0.001f);
          }
          writer.addDocument(SearchIndex.document(i, vector, VectorSimilarityFunction.COSINE));
          if (i == docs / 2) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        for (int k : new int[] {450, 1000, 3000}) {
          MatryoshkaQuery query = query(SearchIndex.vector(random(), DIMS), k, null, 0.5);
          assertEquals(k, searcher(reader).search(query, k).scoreDocs.length);
        }
      }
    }
  }

  public void testCopiesHideNothing() throws IOException {
    VectorSimilarityFunction similarity =
        RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    int distinct = 2 + random().nextInt(40);
    int docs = 3000 + random().nextInt(3000);
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < distinct; i++) {
      vectors.add(SearchIndex.vector(random(), 2 * DIMS));
    }
    int right = 0;
    int queries = 40;
    try (Directory directory = new ByteBuffersDirectory()) {
      try (IndexWriter writer =
          new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, DIMS))) {
        for (int i = 0; i < docs; i++) {
          float[] vector = vectors.get(random().nextInt(distinct));
          writer.addDocument(SearchIndex.document(i, vector, similarity));
        }
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = searcher(reader);
        for (int q = 0; q < queries; q++) {
          float[] target = SearchIndex.vector(random(), 2 * DIMS);
          ScoreDoc worst = searcher.search(query(target, 10, null, 0.99), 10).scoreDocs[9];
          float tenth = SearchIndex.ranked(reader, target, number -> true).get(9).score;
          right += worst.score >= tenth - 1e-6f * Math.abs(tenth) ? 1 : 0;
        }
      }
    }
    assertTrue(right + " of " + queries + ", " + distinct + " vectors", right >= 0.95 * queries);
  }

  /**
   * Vectors share few components or none, which codes of a sixth of the dimensions see or do not
   * see, so that estimates are not off as a normal distribution says. With the line alone, recall
   * is 0.95; with its check against late hits 0.98.
   */
  public void testErrorsThatAreNotNormal() throws IOException {
    int docs = 6000;
    int dims = 6 * DIMS;
    double recall = 0;
    int queries = 100;
    try (Directory directory = new ByteBuffersDirectory()) {
      try (IndexWriter writer =
          new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, DIMS))) {
        for (int i = 0; i < docs; i++) {
          writer.addDocument(
              SearchIndex.document(
                  i, sparse(dims, 20 + random().nextInt(40)), VectorSimilarityFunction.COSINE));
        }
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = searcher(reader);
        for (int q = 0; q < queries; q++) {
          float[] target = sparse(dims, 5 + random().nextInt(15));
          List<ScoreDoc> exact = SearchIndex.ranked(reader, target, number -> true);
          float least = exact.get(9).score - 1e-6f;
          for (ScoreDoc hit : searcher.search(query(target, 10, null, 0.99), 10).scoreDocs) {
            recall += hit.score >= least ? 0.1 / queries : 0;
          }
        }
      }
    }
    assertTrue("" + recall, recall >= 0.965);
  }

  /** Some components that are not 0, the first ones more often. */
  private static float[] sparse(int dims, int components) {
    float[] vector = new float[dims];
    for (int i = 0; i < components; i++) {
      int d = (int) (dims * Math.pow(random().nextDouble(), 3));
      vector[d] = (1 + random().nextFloat()) * (1 + d / 64f);
    }
    return vector;
  }

  public void testMoreIsDoneForMoreRecall() throws IOException {
    try (Directory directory = index(12_000, 1, VectorSimilarityFunction.COSINE);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = searcher(reader);
      double[] targets = {0.5, 0.8, 0.9, 0.99, 0.999};
      long[] estimated = new long[targets.length];
      long[] scored = new long[targets.length];
      for (int q = 0; q < 10; q++) {
        float[] target = SearchIndex.vector(random(), DIMS);
        for (int t = 0; t < targets.length; t++) {
          ExecutedFunnel funnel = executed(searcher, query(target, 10, null, targets[t]));
          estimated[t] += funnel.stages().get(1).compared();
          scored[t] += funnel.stages().get(2).compared();
          // What is predicted is at least what was asked for, unless widening came to its end.
          if (funnel.stages().get(1).compared() < reader.numDocs()) {
            assertTrue("" + funnel, funnel.predictedRecall() >= targets[t] - 1e-9);
          }
        }
      }
      for (int t = 1; t < targets.length; t++) {
        // Low targets may end where what is left promises little: at the same point but for steps.
        assertTrue(estimated[t] >= 0.9 * estimated[t - 1]);
        assertTrue(scored[t] >= 0.95 * scored[t - 1]);
      }
      // Noise is hard.
      assertTrue(scored[4] > 4 * scored[0]);
    }
  }

  public void testMemoryOfWiderScansIsTakenAndGivenBack() throws IOException {
    AtomicLong held = new AtomicLong();
    AtomicLong most = new AtomicLong();
    ScratchMemory memory =
        bytes -> {
          most.accumulateAndGet(held.addAndGet(bytes), Math::max);
          return () -> held.addAndGet(-bytes);
        };
    try (Directory directory = index(12_000, 1, VectorSimilarityFunction.COSINE);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = searcher(reader);
      float[] known =
          getOnlyLeafReader(reader).getFloatVectorValues(SearchIndex.FIELD).vectorValue(0);
      assertFalse(
          estimatesAll(executed(searcher, query(known, 1, null, 0.5).within(memory)), reader));
      assertEquals(0, held.get());
      long narrow = most.get();
      int widened = 0;
      for (int q = 0; q < 10; q++) {
        MatryoshkaQuery query = query(SearchIndex.vector(random(), DIMS), 1, null, 0.9999);
        most.set(0);
        ExecutedFunnel funnel = executed(searcher, query.within(memory));
        assertEquals(0, held.get());
        if (estimatesAll(funnel, reader)) {
          widened++;
          assertTrue(most.get() > narrow);
        }
      }
      assertTrue(widened > 0);
    }
  }

  /** Whether it compared distances first, and that was not enough. */
  private static boolean estimatesAll(ExecutedFunnel funnel, DirectoryReader reader) {
    return funnel.stages().size() == 3 && funnel.stages().get(1).compared() == reader.numDocs();
  }

  /** A search that estimates nothing takes no memory for it. */
  public void testMemoryOfComparingEverything() throws IOException {
    AtomicLong most = new AtomicLong();
    ScratchMemory memory =
        bytes -> {
          most.accumulateAndGet(bytes, Math::max);
          return () -> {};
        };
    try (Directory directory = index(12_000, 1, VectorSimilarityFunction.COSINE);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = searcher(reader);
      float[] target = SearchIndex.vector(random(), DIMS);
      MatryoshkaQuery query = SearchIndex.query(target, 10, Stage.floats(DIMS, Stage.LAST));
      assertEquals(10, searcher.search(query.within(memory), 10).scoreDocs.length);
      // A candidate takes less than 50 bytes, and so many are collected at a time.
      assertTrue("" + most, most.get() > 0 && most.get() < 50 * 4200);
    }
  }

  /** Where that costs little more than distances, which it does where codes are mapped. */
  public void testEstimatesFirst() throws IOException {
    boolean wide = HammingKernels.INSTANCE.wide();
    for (Integer[] levels : new Integer[][] {{128}, {64, 128}}) {
      try (Directory directory = new MMapDirectory(createTempDir())) {
        try (IndexWriter writer =
            new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, levels))) {
          for (int i = 0; i < 12_000; i++) {
            float[] vector = SearchIndex.vector(random(), 128);
            writer.addDocument(SearchIndex.document(i, vector, VectorSimilarityFunction.COSINE));
          }
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          MatryoshkaQuery query = query(SearchIndex.vector(random(), 128), 1, null, 0.5);
          ExecutedFunnel funnel = executed(searcher(reader), query);
          boolean estimates = wide && levels.length == 1;
          assertEquals(funnel.toString(), estimates ? 2 : 3, funnel.stages().size());
        }
      }
    }
  }

  /** The first scan captures 4040 at k of 1; with codes that know nothing it cannot do. */
  public void testHardQueriesEstimateAll() throws IOException {
    try (Directory directory = index(12_000, 1, VectorSimilarityFunction.COSINE);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = searcher(reader);
      int widened = 0;
      for (int q = 0; q < 10; q++) {
        float[] target = SearchIndex.vector(random(), DIMS);
        ExecutedFunnel funnel = executed(searcher, query(target, 1, null, 0.9999));
        assertEquals(reader.numDocs(), funnel.stages().getFirst().compared());
        widened += funnel.stages().get(1).compared() == reader.numDocs() ? 1 : 0;
      }
      assertTrue("" + widened, widened > 0);
    }
  }

  /**
   * So few are accepted that they are estimated straight away, but too many to keep them all, by
   * codes of a quarter of the dimensions.
   */
  public void testHardQueriesWithSparseFilters() throws IOException {
    int accepted = 3000;
    int dims = 4 * DIMS;
    try (Directory directory = index(33 * accepted, 1, dims, VectorSimilarityFunction.COSINE);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = searcher(reader);
      Query filter = IntPoint.newRangeQuery("number", 0, accepted - 1);
      int widened = 0;
      long missed = 0;
      for (int q = 0; q < 5; q++) {
        float[] target = SearchIndex.vector(random(), dims);
        MatryoshkaQuery query = query(target, 10, filter, 0.9999);
        List<ScoreDoc> exact = SearchIndex.ranked(reader, target, number -> number < accepted);
        Set<Integer> found = new HashSet<>();
        for (ScoreDoc hit : searcher.search(query, 10).scoreDocs) {
          found.add(hit.doc);
        }
        assertEquals(10, found.size());
        missed +=
            exact.stream().limit(10).filter(best -> found.contains(best.doc) == false).count();
        List<Comparison.StageOutcome> stages = executed(searcher, query).stages();
        assertEquals(2, stages.size());
        assertEquals("asymmetric[64 bits]", stages.getFirst().label());
        assertEquals(exact.size(), stages.getFirst().compared());
        String plan = searcher.rewrite(query).toString().replaceAll(".*scored=\\[(\\d+)>.*", "$1");
        widened += Integer.parseInt(plan) > 2200 ? 1 : 0;
      }
      assertTrue("" + missed, missed <= 1);
      assertTrue("" + widened, widened > 0);
    }
  }

  public void testEqualVectorsAreNotAReasonToLookAtAll() throws IOException {
    Directory directory = new ByteBuffersDirectory();
    float[] same = SearchIndex.vector(random(), DIMS);
    try (IndexWriter writer =
        new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, DIMS))) {
      for (int i = 0; i < 6000; i++) {
        writer.addDocument(SearchIndex.document(i, same, VectorSimilarityFunction.COSINE));
      }
    }
    try (directory;
        DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = searcher(reader);
      MatryoshkaQuery query = query(SearchIndex.vector(random(), DIMS), 10, null, 0.99);
      assertEquals(10, searcher.search(query, 10).scoreDocs.length);
      assertTrue(executed(searcher, query).stages().getLast().compared() < 1000);
    }
  }

  public void testPlanIsInTheDescription() throws IOException {
    try (Directory directory = index(6000, 2, VectorSimilarityFunction.COSINE);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      IndexSearcher searcher = searcher(reader);
      float[] target = SearchIndex.vector(random(), DIMS);
      String text = searcher.rewrite(query(target, 10, null, 0.9)).toString();
      assertTrue(text, text.contains("target_recall=0.9 predicted=0."));
      assertTrue(text, text.matches(".*captured>estimated>scored=\\[\\d+>\\d+>\\d+ \\d+>.*"));
      String fixed =
          searcher
              .rewrite(
                  SearchIndex.query(
                      target, 10, Stage.hamming(DIMS, 50), Stage.floats(DIMS, Stage.LAST)))
              .toString();
      assertFalse(fixed, fixed.contains("predicted"));
    }
  }
}
