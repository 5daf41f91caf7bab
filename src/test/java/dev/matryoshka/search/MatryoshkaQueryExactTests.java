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
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntPredicate;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.NamedThreadFactory;
import org.junit.Before;

/** Where the funnel may not lose anything, the results are those of brute force. */
public class MatryoshkaQueryExactTests extends MatryoshkaTestCase {

  private static final int DIMS = 128;

  private VectorSimilarityFunction similarity;
  private float[][] pool;

  @Before
  public void choose() {
    similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    pool = new float[1500][];
    for (int i = 0; i < pool.length; i++) {
      pool[i] = SearchIndex.vector(random(), DIMS);
    }
  }

  private int addSegment(Directory directory, IndexWriterConfig config, int from, int count)
      throws IOException {
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      double density = random().nextBoolean() ? 1 : 0.8;
      for (int i = 0; i < count; ) {
        // Some vectors occur several times, so that there are ties.
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

  private static IndexWriterConfig coded() {
    return SearchIndex.coded(
        random().nextBoolean() ? RotationKind.NONE : RotationKind.RANDOM, 64, 128);
  }

  /** Segments of all sorts: coded under different rotations, uncoded, of another format, empty. */
  private void index(Directory directory) throws IOException {
    int next = 0;
    int segments = 1 + random().nextInt(4);
    for (int segment = 0; segment < segments; segment++) {
      next =
          switch (random().nextInt(4)) {
            case 0 -> addSegment(directory, SearchIndex.foreign(), next, random().nextInt(200));
            case 1 -> addSegment(directory, coded(), next, random().nextInt(500));
            default -> addSegment(directory, coded(), next, 1024 + random().nextInt(400));
          };
    }
    addSegment(directory, coded(), next, 1);
  }

  private static void assertHits(String message, List<ScoreDoc> expected, ScoreDoc[] hits, int k) {
    assertEquals(message, Math.min(k, expected.size()), hits.length);
    for (int i = 0; i < hits.length; i++) {
      ScoreDoc wanted = expected.get(i);
      float tolerance = 1e-5f * Math.max(1, wanted.score);
      assertEquals(message + ", score " + i, wanted.score, hits[i].score, tolerance);
      if (wanted.doc != hits[i].doc) {
        // Only where scores are so close that the order of summation decides.
        int hit = hits[i].doc;
        ScoreDoc same = expected.stream().filter(doc -> doc.doc == hit).findFirst().orElseThrow();
        assertEquals(message + ", document " + i, wanted.score, same.score, tolerance);
      }
    }
    for (int i = 1; i < hits.length; i++) {
      assertTrue(
          message + ", order " + i,
          hits[i - 1].score > hits[i].score
              || hits[i - 1].score == hits[i].score && hits[i - 1].doc < hits[i].doc);
    }
  }

  private static Stage[][] losslessStages(int documents) {
    int all = documents + random().nextInt(3);
    Stage last = Stage.floats(DIMS, Stage.LAST);
    return new Stage[][] {
      {last},
      {Stage.hamming(64, all), last},
      {Stage.asymmetric(128, all), last},
      {Stage.hamming(64, all), Stage.asymmetric(128, all), last},
      {Stage.hamming(64, all), Stage.hamming(128, all), Stage.floats(32, all), last},
      {Stage.floats(32, all), Stage.floats(64, all), last},
      {Stage.hamming(64, Integer.MAX_VALUE), last},
    };
  }

  public void testAgainstBruteForce() throws IOException {
    ExecutorService executor = Executors.newFixedThreadPool(3, new NamedThreadFactory("funnel"));
    try {
      for (int iteration = 0; iteration < 6; iteration++) {
        similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
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
    float[] target =
        random().nextBoolean()
            ? RandomPicks.randomFrom(random(), pool)
            : SearchIndex.vector(random(), DIMS);
    for (Stage[] stages : losslessStages(reader.maxDoc())) {
      int k = RandomPicks.randomFrom(random(), new Integer[] {1, 10, 100, 20_000});
      // A filter that accepts a range of numbers: none, very few, many, all.
      int from = random().nextInt(reader.maxDoc());
      int to = from + random().nextInt(random().nextBoolean() ? 50 : 10_000) - 1;
      Query filter = random().nextInt(3) == 0 ? null : IntPoint.newRangeQuery("number", from, to);
      IntPredicate accepted = number -> filter == null || number >= from && number <= to;
      List<ScoreDoc> expected = SearchIndex.ranked(reader, target, accepted);
      Query query =
          new MatryoshkaQuery(
              SearchIndex.FIELD, target, k, filter, List.of(stages), null, Cancellation.NONE);
      String message =
          similarity + ", k=" + k + ", filter=" + filter + ", stages=" + List.of(stages);
      for (IndexSearcher searcher : searchers) {
        assertHits(message, expected, searcher.search(query, k).scoreDocs, k);
      }
    }
  }

  public void testDefaultStagesAreExactWhereFewAreAccepted() throws IOException {
    try (Directory directory = newDirectory()) {
      index(directory);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = newSearcher(reader);
        for (int width : new int[] {0, 1, 10, 100, 400}) {
          float[] target = SearchIndex.vector(random(), DIMS);
          int from = random().nextInt(reader.maxDoc());
          Query filter = IntPoint.newRangeQuery("number", from, from + width);
          var expected = SearchIndex.ranked(reader, target, n -> n >= from && n <= from + width);
          Query query =
              new MatryoshkaQuery(
                  SearchIndex.FIELD, target, 10, filter, null, null, Cancellation.NONE);
          assertHits("width " + width, expected, searcher.search(query, 10).scoreDocs, 10);
        }
      }
    }
  }

  public void testTiesGoToTheLowestDocument() throws IOException {
    Stage[][] all = {
      {},
      {Stage.hamming(64, 40), Stage.floats(DIMS, Stage.LAST)},
      {Stage.asymmetric(128, 40), Stage.floats(DIMS, Stage.LAST)},
      {Stage.floats(64, 40), Stage.floats(DIMS, Stage.LAST)},
    };
    try (Directory directory = newDirectory()) {
      // One segment of equal vectors: whatever stage cuts them must keep the first ones.
      try (IndexWriter writer = new IndexWriter(directory, coded())) {
        for (int i = 0; i < 2000; i++) {
          writer.addDocument(SearchIndex.document(i, pool[0], similarity));
        }
        writer.deleteDocuments(new Term("key", "3"));
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        for (Stage[] stages : all) {
          var hits = new IndexSearcher(reader).search(SearchIndex.query(pool[1], 30, stages), 30);
          assertEquals(30, hits.scoreDocs.length);
          for (int i = 0; i < 30; i++) {
            assertEquals(i < 3 ? i : i + 1, hits.scoreDocs[i].doc);
          }
        }
      }
    }
  }

  public void testMoreThanThereAre() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, coded(), 0, 1100);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        var expected = SearchIndex.ranked(reader, pool[0], number -> true);
        for (int k : new int[] {expected.size(), 100_000, 100_000_000, Integer.MAX_VALUE}) {
          Query query = SearchIndex.query(pool[0], k);
          var hits = new IndexSearcher(reader).search(query, 2000).scoreDocs;
          assertHits("k=" + k, expected, hits, k);
        }
      }
    }
  }

  public void testNothingToFind() throws IOException {
    try (Directory directory = newDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, coded())) {
        writer.addDocument(SearchIndex.document(1, null, similarity));
        writer.flush();
        try (DirectoryReader reader = DirectoryReader.open(writer)) {
          assertEquals(0, newSearcher(reader).count(SearchIndex.query(pool[0], 5)));
        }
        for (int i = 0; i < 1100; i++) {
          writer.addDocument(SearchIndex.document(2, pool[0], similarity));
        }
        writer.flush();
        writer.deleteDocuments(new Term("key", "2"));
        // Keeps the deleted ones in their segment.
        writer.addDocument(SearchIndex.document(3, null, similarity));
        try (DirectoryReader reader = DirectoryReader.open(writer)) {
          assertEquals(0, newSearcher(reader).count(SearchIndex.query(pool[0], 5)));
        }
      }
    }
  }

  public void testTrivialFilters() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, coded(), 0, 1100);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        for (Query filter : new Query[] {new MatchAllDocsQuery(), new MatchNoDocsQuery()}) {
          Query query =
              new MatryoshkaQuery(
                  SearchIndex.FIELD, pool[0], 5, filter, null, null, Cancellation.NONE);
          int expected = filter instanceof MatchAllDocsQuery ? 5 : 0;
          assertEquals(expected, searcher.search(query, 10).scoreDocs.length);
        }
      }
    }
  }
}
