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
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;

/** Explicit stages rank and keep as they are written. */
public class MatryoshkaQueryStagesTests extends MatryoshkaTestCase {

  private static final int DIMS = 128;

  /** Leading dimensions vary more, so that bits of further levels weigh less. */
  private static float[] vector() {
    float[] vector = SearchIndex.vector(random(), DIMS);
    for (int d = 64; d < DIMS; d++) {
      vector[d] *= 0.4f;
    }
    return vector;
  }

  private static int addSegment(
      Directory directory,
      IndexWriterConfig config,
      VectorSimilarityFunction similarity,
      int from,
      int count)
      throws IOException {
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < count; i++) {
        writer.addDocument(SearchIndex.document(from + i, vector(), similarity));
        if (random().nextInt(10) == 0) {
          writer.addDocument(SearchIndex.document(from + i, null, similarity));
        }
      }
      for (int i = 0; i < count / 20; i++) {
        writer.deleteDocuments(new Term("key", "" + (from + random().nextInt(count))));
      }
    }
    return from + count;
  }

  private static Stage randomStage(int keep) {
    return switch (random().nextInt(6)) {
      case 0, 1 -> Stage.hamming(random().nextBoolean() ? 64 : 128, keep);
      case 2, 3 -> Stage.asymmetric(random().nextBoolean() ? 64 : 128, keep);
      default -> Stage.floats(1 + random().nextInt(DIMS), keep);
    };
  }

  private static List<Stage> randomStages(int keep) {
    List<Stage> stages = new ArrayList<>();
    for (int count = 1 + random().nextInt(3); count > 0; count--) {
      stages.add(randomStage(keep));
      keep = Math.max(1, keep - random().nextInt(keep));
    }
    stages.add(Stage.floats(DIMS, Stage.LAST));
    return stages;
  }

  private static void check(DirectoryReader reader, List<Stage> stages, int k, double share)
      throws IOException {
    float[] target = vector();
    int limit = (int) (share * reader.maxDoc());
    IntPredicate accepted = number -> number < limit;
    Query filter = share >= 1 ? null : IntPoint.newRangeQuery("number", 0, limit - 1);
    ReferenceFunnel reference =
        new ReferenceFunnel(reader, target, share >= 1 ? number -> true : accepted);
    List<ScoreDoc> expected = reference.run(stages, k);
    if (reference.ambiguous()) {
      return;
    }
    Query query =
        new MatryoshkaQuery(SearchIndex.FIELD, target, k, filter, stages, null, Cancellation.NONE);
    ScoreDoc[] hits = new IndexSearcher(reader).search(query, Math.max(1, k)).scoreDocs;
    String message = "k=" + k + " share=" + share + " " + stages;
    assertEquals(message, expected.size(), hits.length);
    Map<Integer, Float> scores = new HashMap<>();
    expected.forEach(hit -> scores.put(hit.doc, hit.score));
    for (int i = 0; i < hits.length; i++) {
      float score = expected.get(i).score;
      float tolerance = 1e-5f * Math.max(1, score);
      assertEquals(message + " at " + i, score, hits[i].score, tolerance);
      // Another document only where scores are so close that the order of summation decides.
      Float own = scores.remove(hits[i].doc);
      assertNotNull(message + " at " + i, own);
      assertEquals(message + " at " + i, score, own, tolerance);
    }
  }

  public void testOneSegment() throws IOException {
    VectorSimilarityFunction similarity =
        RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    try (Directory directory = newDirectory()) {
      addSegment(directory, SearchIndex.coded(RotationKind.RANDOM, 64, 128), similarity, 0, 3000);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        Stage last = Stage.floats(DIMS, Stage.LAST);
        List<List<Stage>> written =
            List.of(
                List.of(
                    Stage.hamming(128, 300),
                    Stage.asymmetric(128, 100),
                    Stage.floats(32, 40),
                    last),
                List.of(Stage.hamming(64, 500), Stage.hamming(128, 50), last),
                List.of(Stage.hamming(128, 100), Stage.asymmetric(64, 50), last),
                List.of(Stage.hamming(64, 100), Stage.asymmetric(128, 50), last),
                List.of(Stage.asymmetric(64, 500), Stage.hamming(64, 30), last),
                List.of(Stage.floats(16, 200), Stage.asymmetric(128, 50), last),
                List.of(Stage.floats(16, 200), Stage.hamming(128, 50), last));
        for (List<Stage> stages : written) {
          for (double share : new double[] {1, 0.5, 0.028}) {
            check(reader, stages, 10, share);
          }
        }
        for (int iteration = 0; iteration < 40; iteration++) {
          double share = random().nextBoolean() ? 1 : random().nextDouble();
          List<Stage> stages = randomStages(1 + random().nextInt(600));
          check(reader, stages, 1 + random().nextInt(50), share);
        }
      }
    }
  }

  public void testManyCandidatesAreScoredInPortions() throws IOException {
    try (Directory directory = newDirectory()) {
      // More than are collected before the first cut.
      addSegment(
          directory,
          SearchIndex.coded(RotationKind.NONE, 64),
          VectorSimilarityFunction.EUCLIDEAN,
          0,
          13_000);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        Stage last = Stage.floats(DIMS, Stage.LAST);
        check(reader, List.of(last), 7, 1);
        check(reader, List.of(Stage.asymmetric(64, 50), last), 10, 1);
        check(reader, List.of(Stage.floats(64, 5000), last), 10, 0.9);
      }
    }
  }

  public void testSeveralSegments() throws IOException {
    VectorSimilarityFunction similarity =
        RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    try (Directory directory = newDirectory()) {
      int next = 0;
      // Different rotations; a segment without the shorter prefix; no codes; another format.
      IndexWriterConfig[] configs = {
        SearchIndex.coded(RotationKind.RANDOM, 64, 128),
        SearchIndex.coded(RotationKind.RANDOM, 64, 128),
        SearchIndex.coded(RotationKind.NONE, 128),
        SearchIndex.coded(RotationKind.NONE),
        SearchIndex.foreign()
      };
      for (IndexWriterConfig config : configs) {
        next = addSegment(directory, config, similarity, next, 1100 + random().nextInt(100));
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        assertEquals(configs.length, reader.leaves().size());
        for (int iteration = 0; iteration < 40; iteration++) {
          double share = random().nextBoolean() ? 1 : random().nextDouble();
          List<Stage> stages = randomStages(1 + random().nextInt(600));
          check(reader, stages, 1 + random().nextInt(50), share);
        }
      }
    }
  }

  public void testNoStageKeepsMoreThanItSays() throws IOException {
    try (Directory directory = newDirectory()) {
      IndexWriterConfig config = SearchIndex.coded(RotationKind.RANDOM, 64);
      addSegment(directory, config, VectorSimilarityFunction.COSINE, 0, 1100);
      addSegment(
          directory,
          SearchIndex.coded(RotationKind.RANDOM, 64),
          VectorSimilarityFunction.COSINE,
          1100,
          1100);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        float[] target = SearchIndex.vector(random(), DIMS);
        Stage last = Stage.floats(DIMS, Stage.LAST);
        for (Stage stage :
            new Stage[] {Stage.hamming(64, 7), Stage.asymmetric(64, 7), Stage.floats(9, 7)}) {
          Query query = SearchIndex.query(target, 10, stage, last);
          assertEquals(7, new IndexSearcher(reader).search(query, 100).scoreDocs.length);
        }
      }
    }
  }

  public void testPrefixesOfZerosAreLikeNothing() throws IOException {
    for (VectorSimilarityFunction similarity : VectorSimilarityFunction.values()) {
      try (Directory directory = newDirectory()) {
        try (IndexWriter writer =
            new IndexWriter(directory, SearchIndex.coded(RotationKind.NONE, 64))) {
          for (int i = 0; i < 1100; i++) {
            float[] vector = SearchIndex.vector(random(), DIMS);
            if (i % 2 == 0) {
              Arrays.fill(vector, 0, 32, 0);
            }
            writer.addDocument(SearchIndex.document(i, vector, similarity));
          }
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          float[] target = SearchIndex.vector(random(), DIMS);
          Stage last = Stage.floats(DIMS, Stage.LAST);
          boolean directions =
              similarity == VectorSimilarityFunction.COSINE
                  || similarity == VectorSimilarityFunction.DOT_PRODUCT;
          var hits =
              new IndexSearcher(reader)
                  .search(SearchIndex.query(target, 50, Stage.floats(32, 50), last), 50);
          for (ScoreDoc hit : hits.scoreDocs) {
            assertTrue(Float.isFinite(hit.score));
            assertTrue(directions == false || hit.doc % 2 == 1);
          }
          Arrays.fill(target, 0, 32, 0);
          hits =
              new IndexSearcher(reader)
                  .search(SearchIndex.query(target, 50, Stage.floats(32, 50), last), 50);
          assertEquals(50, hits.scoreDocs.length);
          for (ScoreDoc hit : hits.scoreDocs) {
            assertTrue(Float.isFinite(hit.score));
          }
        }
      }
    }
  }
}
