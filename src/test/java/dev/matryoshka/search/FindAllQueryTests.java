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
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.tests.search.QueryUtils;
import org.apache.lucene.tests.util.TestUtil;
import org.apache.lucene.util.NamedThreadFactory;

/** Everything above a similarity is exactly what comparing every vector finds, to the last bit. */
public class FindAllQueryTests extends FindAllTestCase {

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

  /**
   * Vectors are looked at one by one then, without estimates that keep the best from likely bounds.
   */
  public void testFastKeepsTheBestThatAFilterLeaves() throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    similarity = VectorSimilarityFunction.COSINE;
    float[][] abstracts = Embeddings.load("scifact_docs", Integer.MAX_VALUE);
    // Twice, to be enough for anything to be left to chance.
    float[][] documents = Arrays.copyOf(abstracts, 2 * abstracts.length);
    System.arraycopy(abstracts, 0, documents, abstracts.length, abstracts.length);
    try (Directory directory = new MMapDirectory(createTempDir())) {
      merged(directory, documents, List.of(256, 512));
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        Query filter = IntPoint.newRangeQuery("number", 0, 899);
        for (float[] target : Embeddings.load("scifact_queries", 300)) {
          List<ScoreDoc> all = exactlyRanked(reader, target, number -> number < 900);
          FindAllQuery best =
              new FindAllQuery(
                  SearchIndex.FIELD,
                  target,
                  threshold(all, 0),
                  FindAllQuery.Mode.FAST,
                  Long.MAX_VALUE,
                  Cancellation.NONE);
          Query filtered =
              new BooleanQuery.Builder()
                  .add(best, BooleanClause.Occur.MUST)
                  .add(filter, BooleanClause.Occur.FILTER)
                  .build();
          assertEquals(matching(all, best.threshold().minScore()).size(), searcher.count(filtered));
        }
      }
    }
  }

  private void fastLosesHardlyAnything(List<Integer> boundDims) throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    float[][] documents = Embeddings.load("debian_docs", 12_000);
    float[][] targets = Embeddings.load("debian_queries", 10);
    try (Directory directory = new MMapDirectory(createTempDir())) {
      merged(directory, documents, boundDims);
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

  private void merged(Directory directory, float[][] documents, List<Integer> boundDims)
      throws IOException {
    CodecOptions options =
        new CodecOptions(VectorElement.FLOAT, RotationKind.ITQ, List.of(256), boundDims);
    IndexWriterConfig config =
        SearchIndex.config(TestUtil.alwaysKnnVectorsFormat(new MatryoshkaVectorsFormat(options)))
            .setMergePolicy(newLogMergePolicy());
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < documents.length; i++) {
        writer.addDocument(SearchIndex.document(i, documents[i], similarity));
        if (i == 6000) {
          writer.flush();
        }
      }
      writer.forceMerge(1);
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
        // A cache compares everything, whatever clause leads the search.
        assertFalse(cacheable(limited, reader));
        assertTrue(cacheable(findAll(target, threshold), reader));
      }
    }
  }

  /** What cannot be found cannot be lost, whatever estimates say of it. */
  public void testExpectedRecallOfNothing() {
    FindAllCounts counts = new FindAllCounts(Long.MAX_VALUE);
    counts.miss(1e-120);
    assertEquals(1, counts.expectedRecall(), 0);
    counts.miss(0.5);
    assertEquals(Math.exp(-0.5), counts.expectedRecall(), 1e-12);
    counts.verify(2, 2, "v");
    assertEquals(0.8, counts.expectedRecall(), 1e-12);
  }

  private static boolean cacheable(Query query, DirectoryReader reader) throws IOException {
    IndexSearcher searcher = new IndexSearcher(reader);
    return searcher
        .createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1)
        .isCacheable(reader.leaves().getFirst());
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
