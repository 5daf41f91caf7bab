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
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.apache.lucene.tests.util.TestUtil;
import org.junit.Before;

/** Documents near a few centres, and what is similar to a query among them, spelt out. */
public abstract class FindAllTestCase extends MatryoshkaTestCase {

  static final int DIMS = 139;

  VectorSimilarityFunction similarity;
  float[][] pool;

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

  static IndexWriterConfig ours() {
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

  int addSegment(Directory directory, IndexWriterConfig config, int from, int count)
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
        // Not the last one, which has a vector, so that some vector is left.
        for (int gone = from - count; gone < from - 1; gone += 1 + random().nextInt(20)) {
          writer.deleteDocuments(new Term("key", "" + gone));
        }
      }
    }
    return from;
  }

  void index(Directory directory) throws IOException {
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

  float[] target() {
    float[] target = RandomPicks.randomFrom(random(), pool).clone();
    if (random().nextInt(3) > 0) {
      for (int d = 0; d < DIMS; d++) {
        target[d] += 0.3f * (float) random().nextGaussian();
      }
    }
    return target;
  }

  /** As {@link SearchIndex#ranked}, with scores to the last bit. */
  static List<ScoreDoc> exactlyRanked(
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
  static float plainScore(VectorSimilarityFunction function, float[] a, float[] b) {
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

  static float plainSum(float[] a, float[] b, boolean distance, int width) {
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
  float similarityOf(float score) {
    float raw =
        switch (similarity) {
          case COSINE, DOT_PRODUCT -> 2 * score - 1;
          case MAXIMUM_INNER_PRODUCT -> score < 1 ? 1 - 1 / score : score - 1;
          case EUCLIDEAN -> (float) Math.sqrt(1 / score - 1);
        };
    return similarity == VectorSimilarityFunction.COSINE ? Math.clamp(raw, -1, 1) : raw;
  }

  SimilarityThreshold threshold(List<ScoreDoc> ranked, double share) {
    int rank = (int) Math.min(ranked.size() - 1, share * ranked.size());
    return new SimilarityThreshold(similarity, similarityOf(ranked.get(rank).score));
  }

  static FindAllQuery findAll(float[] target, SimilarityThreshold threshold) {
    return new FindAllQuery(
        SearchIndex.FIELD,
        target,
        threshold,
        FindAllQuery.Mode.LOSSLESS,
        Long.MAX_VALUE,
        Cancellation.NONE);
  }

  static Map<Integer, Float> matching(List<ScoreDoc> ranked, float least) {
    Map<Integer, Float> matching = new HashMap<>();
    for (ScoreDoc hit : ranked) {
      if (hit.score >= least) {
        matching.put(hit.doc, hit.score);
      }
    }
    return matching;
  }

  static Map<Integer, Float> found(IndexSearcher searcher, Query query) throws IOException {
    Map<Integer, Float> found = new HashMap<>();
    for (ScoreDoc hit : searcher.search(query, searcher.getIndexReader().maxDoc()).scoreDocs) {
      found.put(hit.doc, hit.score);
    }
    return found;
  }

  void compare(DirectoryReader reader, IndexSearcher... searchers) throws IOException {
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
}
