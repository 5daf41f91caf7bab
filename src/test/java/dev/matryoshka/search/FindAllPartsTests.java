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

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.NamedThreadFactory;

/** Large segments are searched in parts, ahead of the windows that are asked for. */
public class FindAllPartsTests extends FindAllTestCase {

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

  public void testExclusionsAreAskedOnlyOfMatches() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, SearchIndex.foreign(), 0, 9000);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        searcher.setQueryCache(null);
        float[] target = target();
        List<ScoreDoc> all = exactlyRanked(reader, target, number -> true);
        Query wanted = findAll(target, threshold(all, 0.01));
        float[] other = target();
        List<ScoreDoc> others = exactlyRanked(reader, other, number -> true);
        FindAllQuery unwanted =
            (FindAllQuery) searcher.rewrite(findAll(other, threshold(others, 0.5)));
        int matching = searcher.count(wanted);
        searcher.count(
            new BooleanQuery.Builder()
                .add(wanted, BooleanClause.Occur.MUST)
                .add(unwanted, BooleanClause.Occur.MUST_NOT)
                .build());
        String counters = unwanted.toString();
        int compared = Integer.parseInt(counters.replaceAll(".*verified=(\\d+).*", "$1"));
        // Lucene asks about every match, and from each one that is excluded on until one is not.
        assertTrue(compared + " for " + matching, compared <= 6 * matching);
      }
    }
  }

  /** Of any size, one after the other, or with gaps between them. */
  public void testWindows() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, ours(), 0, 3000 + random().nextInt(8000));
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        LeafReaderContext leaf = reader.leaves().getFirst();
        float[] target = target();
        List<ScoreDoc> all = exactlyRanked(reader, target, number -> true);
        SimilarityThreshold threshold = threshold(all, random().nextDouble());
        IndexSearcher searcher = new IndexSearcher(reader);
        BulkScorer scorer =
            searcher
                .createWeight(findAll(target, threshold), scoreMode(), 1)
                .scorerSupplier(leaf)
                .bulkScorer();
        Map<Integer, Float> expected = new HashMap<>();
        Map<Integer, Float> found = new HashMap<>();
        for (int min = 0, max; min < leaf.reader().maxDoc(); min = max) {
          min += random().nextInt(3) == 0 ? random().nextInt(2000) : 0;
          max = min + 1 + random().nextInt(random().nextBoolean() ? 100 : 6000);
          for (ScoreDoc hit : all) {
            if (hit.doc >= min && hit.doc < max && hit.score >= threshold.minScore()) {
              expected.put(hit.doc, hit.score);
            }
          }
          int next = scorer.score(into(found), leaf.reader().getLiveDocs(), min, max);
          assertTrue(next >= max);
          for (ScoreDoc hit : all) {
            assertFalse(
                "passed over",
                hit.doc >= max && hit.doc < next && hit.score >= threshold.minScore());
          }
        }
        assertEquals(expected, found);
      }
    }
  }

  /** Whoever may be content with the first matches does not wait for all of them. */
  public void testHowFarItLooksAhead() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, ours(), 0, 9000 + random().nextInt(4000));
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        LeafReaderContext leaf = reader.leaves().getFirst();
        int size = leaf.reader().getFloatVectorValues(SearchIndex.FIELD).size();
        assertEquals(size, looked(leaf, ScoreMode.COMPLETE));
        assertEquals(512 + 16 * 512, looked(leaf, ScoreMode.TOP_SCORES));
      }
    }
  }

  /** Vectors looked at for the first thousand documents. */
  private long looked(LeafReaderContext leaf, ScoreMode mode) throws IOException {
    IndexSearcher searcher = new IndexSearcher(leaf.reader());
    float[] target = target();
    SimilarityThreshold threshold =
        threshold(exactlyRanked(leaf.reader(), target, number -> true), random().nextDouble());
    Query query = searcher.rewrite(findAll(target, threshold));
    BulkScorer scorer =
        searcher
            .createWeight(query, mode, 1)
            .scorerSupplier(leaf.reader().getContext())
            .bulkScorer();
    scorer.score(into(new HashMap<>()), null, 0, 1000);
    ExecutedFindAll[] executed = new ExecutedFindAll[1];
    ExecutedFindAlls.visit(query, each -> executed[0] = each);
    return executed[0].skipped() + executed[0].verified();
  }

  private static ScoreMode scoreMode() {
    return random().nextBoolean() ? ScoreMode.COMPLETE : ScoreMode.TOP_SCORES;
  }

  private static LeafCollector into(Map<Integer, Float> found) {
    return new LeafCollector() {
      private Scorable scorer;

      @Override
      public void setScorer(Scorable newScorer) {
        scorer = newScorer;
      }

      @Override
      public void collect(int doc) throws IOException {
        assertNull(found.put(doc, scorer.score()));
      }
    };
  }
}
