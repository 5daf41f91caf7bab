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
import dev.matryoshka.Embeddings;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntPredicate;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.tests.search.QueryUtils;
import org.apache.lucene.tests.util.TestUtil;
import org.apache.lucene.util.NamedThreadFactory;
import org.junit.Before;

/** Everything above a similarity is exactly what comparing every vector finds, to the last bit. */
public class FindAllQueryTests extends MatryoshkaTestCase {

  private static final int DIMS = 139;

  private VectorSimilarityFunction similarity;
  private float[][] pool;

  @Before
  public void choose() {
    similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    // Near a few centres, so that bounds have something to rule out.
    float[][] centres = new float[8][];
    for (int i = 0; i < centres.length; i++) {
      centres[i] = SearchIndex.vector(random(), DIMS);
    }
    pool = new float[1500][];
    for (int i = 0; i < pool.length; i++) {
      float[] vector = RandomPicks.randomFrom(random(), centres).clone();
      float spread = random().nextFloat();
      for (int d = 0; d < DIMS; d++) {
        vector[d] += spread * (float) random().nextGaussian() / (1 + d / 16);
      }
      pool[i] = vector;
    }
  }

  private static IndexWriterConfig ours() {
    VectorElement element = RandomPicks.randomFrom(random(), VectorElement.values());
    List<List<Integer>> bounds = List.of(List.of(), List.of(64), List.of(64, 128));
    return SearchIndex.config(
        TestUtil.alwaysKnnVectorsFormat(
            new MatryoshkaVectorsFormat(
                new CodecOptions(
                    element,
                    RotationKind.RANDOM,
                    List.of(64),
                    RandomPicks.randomFrom(random(), bounds)))));
  }

  private int addSegment(Directory directory, IndexWriterConfig config, int from, int count)
      throws IOException {
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      double density = random().nextBoolean() ? 1 : 0.8;
      for (int i = 0; i < count; ) {
        float[] vector =
            random().nextDouble() < density ? RandomPicks.randomFrom(random(), pool) : null;
        writer.addDocument(SearchIndex.document(from++, vector, similarity));
        i += vector == null ? 0 : 1;
      }
      if (random().nextBoolean()) {
        for (int gone = from - count; gone < from; gone += 1 + random().nextInt(20)) {
          writer.deleteDocuments(new Term("key", "" + gone));
        }
      }
    }
    return from;
  }

  private void index(Directory directory) throws IOException {
    int next = 0;
    for (int segments = 1 + random().nextInt(4); segments > 0; segments--) {
      next =
          switch (random().nextInt(4)) {
            case 0 -> addSegment(directory, SearchIndex.foreign(), next, random().nextInt(200));
            case 1 -> addSegment(directory, ours(), next, random().nextInt(500));
            default -> addSegment(directory, ours(), next, 1024 + random().nextInt(1200));
          };
    }
    addSegment(directory, ours(), next, 1);
    if (random().nextInt(3) > 0) {
      // Bounds are written by merges.
      try (IndexWriter writer =
          new IndexWriter(directory, ours().setMergePolicy(newLogMergePolicy()))) {
        writer.forceMerge(1);
      }
    }
  }

  private float[] target() {
    float[] target = RandomPicks.randomFrom(random(), pool).clone();
    if (random().nextInt(3) > 0) {
      for (int d = 0; d < DIMS; d++) {
        target[d] += 0.3f * (float) random().nextGaussian();
      }
    }
    return target;
  }

  /** As {@link SearchIndex#ranked}, with scores to the last bit. */
  private static List<ScoreDoc> exactlyRanked(
      IndexReader reader, float[] target, IntPredicate acceptedNumbers) throws IOException {
    List<ScoreDoc> ranked = SearchIndex.ranked(reader, target, acceptedNumbers);
    for (ScoreDoc hit : ranked) {
      LeafReaderContext leaf = reader.leaves().get(ReaderUtil.subIndex(hit.doc, reader.leaves()));
      FloatVectorValues values = leaf.reader().getFloatVectorValues(SearchIndex.FIELD);
      var iterator = values.iterator();
      iterator.advance(hit.doc - leaf.docBase);
      var similarity =
          leaf.reader().getFieldInfos().fieldInfo(SearchIndex.FIELD).getVectorSimilarityFunction();
      float exact = plainScore(similarity, target, values.vectorValue(iterator.index()));
      assertEquals(hit.score, exact, 1e-5f * Math.max(1, Math.abs(hit.score)));
      hit.score = exact;
    }
    ranked.sort(
        Comparator.comparing((ScoreDoc hit) -> -hit.score)
            .thenComparing((ScoreDoc hit) -> hit.doc));
    return ranked;
  }

  /** The documented arithmetic, spelt out. */
  private static float plainScore(VectorSimilarityFunction function, float[] a, float[] b) {
    return switch (function) {
      case EUCLIDEAN -> 1 / (1 + plainSum(a, b, true, 16));
      case DOT_PRODUCT -> Math.max((1 + plainSum(a, b, false, 16)) / 2, 0);
      case MAXIMUM_INNER_PRODUCT -> {
        float dot = plainSum(a, b, false, 16);
        yield dot < 0 ? 1 / (1 + -1 * dot) : dot + 1;
      }
      case COSINE -> {
        double squares = (double) plainSum(a, a, false, 8) * plainSum(b, b, false, 8);
        float cosine = (float) (plainSum(a, b, false, 16) / Math.sqrt(squares));
        yield Math.max((1 + cosine) / 2, 0);
      }
    };
  }

  private static float plainSum(float[] a, float[] b, boolean distance, int width) {
    float[] sums = new float[width];
    float rest = 0;
    for (int i = 0; i < a.length; i++) {
      float x = distance ? a[i] - b[i] : a[i];
      float y = distance ? x : b[i];
      if (i < a.length / width * width) {
        sums[i % width] = Math.fma(x, y, sums[i % width]);
      } else {
        rest = Math.fma(x, y, rest);
      }
    }
    for (int half = width / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        sums[l] += sums[l + half];
      }
    }
    return sums[0] + rest;
  }

  /** The similarity whose score is that of the hit, or one that lets the hit pass. */
  private float similarityOf(float score) {
    float raw =
        switch (similarity) {
          case COSINE, DOT_PRODUCT -> 2 * score - 1;
          case MAXIMUM_INNER_PRODUCT -> score < 1 ? 1 - 1 / score : score - 1;
          case EUCLIDEAN -> (float) Math.sqrt(1 / score - 1);
        };
    return similarity == VectorSimilarityFunction.COSINE ? Math.clamp(raw, -1, 1) : raw;
  }

  private SimilarityThreshold threshold(List<ScoreDoc> ranked, double share) {
    int rank = (int) Math.min(ranked.size() - 1, share * ranked.size());
    return new SimilarityThreshold(similarity, similarityOf(ranked.get(rank).score));
  }

  private static FindAllQuery findAll(float[] target, SimilarityThreshold threshold) {
    return new FindAllQuery(
        SearchIndex.FIELD,
        target,
        threshold,
        FindAllQuery.Mode.LOSSLESS,
        Long.MAX_VALUE,
        Cancellation.NONE);
  }

  private static Map<Integer, Float> matching(List<ScoreDoc> ranked, float least) {
    Map<Integer, Float> matching = new HashMap<>();
    for (ScoreDoc hit : ranked) {
      if (hit.score >= least) {
        matching.put(hit.doc, hit.score);
      }
    }
    return matching;
  }

  private static Map<Integer, Float> found(IndexSearcher searcher, Query query) throws IOException {
    Map<Integer, Float> found = new HashMap<>();
    for (ScoreDoc hit : searcher.search(query, searcher.getIndexReader().maxDoc()).scoreDocs) {
      found.put(hit.doc, hit.score);
    }
    return found;
  }

  public void testAgainstBruteForce() throws IOException {
    ExecutorService executor = Executors.newFixedThreadPool(3, new NamedThreadFactory("all"));
    try {
      for (int iteration = 0; iteration < 8; iteration++) {
        choose();
        try (Directory directory = newDirectory()) {
          index(directory);
          try (DirectoryReader reader = DirectoryReader.open(directory)) {
            compare(reader, new IndexSearcher(reader), new IndexSearcher(reader, executor));
          }
        }
      }
    } finally {
      executor.shutdown();
    }
  }

  private void compare(DirectoryReader reader, IndexSearcher... searchers) throws IOException {
    float[] target = target();
    List<ScoreDoc> all = exactlyRanked(reader, target, number -> true);
    for (double share : new double[] {0, 0.0001, 0.002, 0.01, 0.05, 0.5, 1}) {
      SimilarityThreshold threshold = threshold(all, share);
      int from = random().nextInt(reader.maxDoc());
      int to = from + random().nextInt(random().nextBoolean() ? 50 : 10_000) - 1;
      IntPredicate inRange = number -> number >= from && number <= to;
      Query range = IntPoint.newRangeQuery("number", from, to);
      float least = threshold.minScore();
      Map<Integer, Float> expected = matching(all, least);
      List<ScoreDoc> accepted = exactlyRanked(reader, target, inRange);
      FindAllQuery query = findAll(target, threshold);
      for (IndexSearcher searcher : searchers) {
        String message = threshold + ", share " + share;
        assertEquals(message, expected, found(searcher, query));
        assertEquals(message, expected.size(), searcher.count(query));
        assertEquals(
            message,
            matching(accepted, least),
            found(
                searcher,
                new BooleanQuery.Builder()
                    .add(query, Occur.MUST)
                    .add(range, Occur.FILTER)
                    .build()));
        Map<Integer, Float> rest = matching(all, least);
        rest.keySet().removeAll(matching(accepted, least).keySet());
        assertEquals(
            message,
            rest,
            found(
                searcher,
                new BooleanQuery.Builder()
                    .add(query, Occur.MUST)
                    .add(range, Occur.MUST_NOT)
                    .build()));
        int k = 1 + random().nextInt(40);
        Map<Integer, Float> best =
            matching(accepted.subList(0, Math.min(k, accepted.size())), least);
        assertEquals(
            message + ", best " + k,
            best,
            found(searcher, new BestAboveQuery(query, k, range, null)));
      }
    }
  }

  /** In parts, of which each has a thread. */
  public void testLargeSegmentsAgainstBruteForce() throws IOException {
    ExecutorService executor = Executors.newFixedThreadPool(3, new NamedThreadFactory("all"));
    try (Directory directory = newDirectory()) {
      addSegment(directory, ours(), 0, 5000 + random().nextInt(8000));
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        compare(reader, new IndexSearcher(reader, executor));
      }
    } finally {
      executor.shutdown();
    }
  }

  public void testIncludeAndExcludeIsTheSetDifference() throws IOException {
    try (Directory directory = newDirectory()) {
      index(directory);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = newSearcher(reader);
        float[] wanted = target();
        float[] unwanted = target();
        List<ScoreDoc> near = exactlyRanked(reader, wanted, number -> true);
        List<ScoreDoc> far = exactlyRanked(reader, unwanted, number -> true);
        SimilarityThreshold in = threshold(near, 0.5);
        SimilarityThreshold out = threshold(far, 0.3);
        Map<Integer, Float> expected = matching(near, in.minScore());
        expected.keySet().removeAll(matching(far, out.minScore()).keySet());
        assertEquals(
            expected,
            found(
                searcher,
                new BooleanQuery.Builder()
                    .add(findAll(wanted, in), Occur.MUST)
                    .add(findAll(unwanted, out), Occur.MUST_NOT)
                    .build()));
      }
    }
  }

  public void testOwnSimilarityIsEnough() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, ours(), 0, 1200);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        float[] target = target();
        for (ScoreDoc hit : exactlyRanked(reader, target, number -> true).subList(0, 300)) {
          SimilarityThreshold own = new SimilarityThreshold(similarity, similarityOf(hit.score));
          if (similarity == VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT && hit.score < 1) {
            continue;
          }
          assertTrue(
              own + " of " + hit,
              own.minScore() <= hit.score
                  || own.minScore() - hit.score <= Math.ulp(hit.score)
                      && similarity == VectorSimilarityFunction.EUCLIDEAN);
        }
      }
    }
  }

  public void testBoundsRuleOutMostAndNothingThatBelongs() throws IOException {
    for (VectorSimilarityFunction function : VectorSimilarityFunction.values()) {
      similarity = function;
      try (Directory directory = new MMapDirectory(createTempDir())) {
        CodecOptions options =
            new CodecOptions(
                RandomPicks.randomFrom(random(), VectorElement.values()),
                RotationKind.NONE,
                List.of(),
                List.of(64, 128));
        IndexWriterConfig config =
            SearchIndex.config(
                    TestUtil.alwaysKnnVectorsFormat(new MatryoshkaVectorsFormat(options)))
                .setMergePolicy(newLogMergePolicy());
        try (IndexWriter writer = new IndexWriter(directory, config)) {
          for (int i = 0; i < pool.length; i++) {
            writer.addDocument(SearchIndex.document(i, pool[i], similarity));
            if (i % 700 == 699) {
              writer.flush();
            }
          }
          writer.forceMerge(1);
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          IndexSearcher searcher = new IndexSearcher(reader);
          for (int i = 0; i < 20; i++) {
            float[] target = target();
            List<ScoreDoc> all = exactlyRanked(reader, target, number -> true);
            SimilarityThreshold threshold = threshold(all, 0.01);
            Query query = searcher.rewrite(findAll(target, threshold));
            assertEquals(matching(all, threshold.minScore()), found(searcher, query));
            assertTrue(function + ": " + query, counter(query, "skipped") > pool.length / 10);
          }
        }
      }
    }
  }

  public void testFastLosesHardlyAnythingAndSaysHowMuch() throws IOException {
    fastLosesHardlyAnything(List.of());
    fastLosesHardlyAnything(List.of(256, 512));
  }

  private void fastLosesHardlyAnything(List<Integer> boundDims) throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    float[][] documents = Embeddings.load("debian_docs", 12_000);
    float[][] targets = Embeddings.load("debian_queries", 10);
    CodecOptions options =
        new CodecOptions(VectorElement.FLOAT, RotationKind.ITQ, List.of(256), boundDims);
    IndexWriterConfig config =
        SearchIndex.config(TestUtil.alwaysKnnVectorsFormat(new MatryoshkaVectorsFormat(options)))
            .setMergePolicy(newLogMergePolicy());
    try (Directory directory = new MMapDirectory(createTempDir())) {
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        for (int i = 0; i < documents.length; i++) {
          writer.addDocument(SearchIndex.document(i, documents[i], similarity));
          if (i == 6000) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        int wanted = 0;
        int got = 0;
        double expected = 0;
        int skipped = 0;
        for (float[] target : targets) {
          List<ScoreDoc> all = exactlyRanked(reader, target, number -> true);
          SimilarityThreshold threshold = threshold(all, 0.01);
          Query query =
              searcher.rewrite(
                  new FindAllQuery(
                      SearchIndex.FIELD,
                      target,
                      threshold,
                      FindAllQuery.Mode.FAST,
                      Long.MAX_VALUE,
                      Cancellation.NONE));
          Map<Integer, Float> truth = matching(all, threshold.minScore());
          Map<Integer, Float> found = found(searcher, query);
          assertTrue(truth.entrySet().containsAll(found.entrySet()));
          wanted += truth.size();
          got += found.size();
          skipped += counter(query, "skipped");
          ExecutedFindAll[] executed = new ExecutedFindAll[1];
          ExecutedFindAlls.visit(query, each -> executed[0] = each);
          assertTrue(executed[0].fast());
          expected += executed[0].expectedRecall();
        }
        assertTrue(similarity + ": " + skipped, skipped > documents.length * targets.length / 3);
        assertEquals(similarity.toString(), 1, (double) got / wanted, 0.003);
        assertEquals(similarity.toString(), 1, expected / targets.length, 0.003);
      }
    }
  }

  private static int counter(Query query, String name) {
    return Integer.parseInt(query.toString().replaceAll(".*" + name + "=(\\d+).*", "$1"));
  }

  public void testLimit() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, SearchIndex.foreign(), 0, 300);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        float[] target = target();
        SimilarityThreshold threshold =
            threshold(exactlyRanked(reader, target, number -> true), 0.5);
        FindAllQuery limited =
            new FindAllQuery(
                SearchIndex.FIELD,
                target,
                threshold,
                FindAllQuery.Mode.LOSSLESS,
                100,
                Cancellation.NONE);
        IllegalArgumentException e =
            expectThrows(
                IllegalArgumentException.class, () -> new IndexSearcher(reader).count(limited));
        assertTrue(e.getMessage(), e.getMessage().contains("more than the [100] comparisons"));
      }
    }
  }

  public void testQueryContract() throws IOException {
    try (Directory directory = newDirectory()) {
      // Without deletions, of which the checks know nothing.
      try (IndexWriter writer = new IndexWriter(directory, ours())) {
        for (int i = 0; i < 1300; i++) {
          float[] vector = i % 7 == 0 ? null : pool[i];
          writer.addDocument(SearchIndex.document(i, vector, similarity));
          if (i == 1200) {
            writer.flush();
          }
        }
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        float[] target = target();
        SimilarityThreshold threshold =
            threshold(exactlyRanked(reader, target, number -> true), 0.2);
        QueryUtils.check(random(), findAll(target, threshold), newSearcher(reader));
      }
    }
  }
}
