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

import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.join.BitSetProducer;
import org.apache.lucene.search.join.QueryBitSetProducer;
import org.apache.lucene.store.Directory;
import org.apache.lucene.tests.search.CheckHits;
import org.apache.lucene.tests.search.QueryUtils;
import org.apache.lucene.util.NamedThreadFactory;
import org.junit.After;
import org.junit.Before;

/** The query as a citizen of Lucene: rewriting, identity, explanation, cancellation, threads. */
public class MatryoshkaQueryContractTests extends MatryoshkaTestCase {

  private static final int DIMS = 64;
  private static final Stage LAST = Stage.floats(DIMS, Stage.LAST);

  private Directory directory;
  private DirectoryReader reader;
  private IndexSearcher searcher;
  private float[] target;

  @Before
  public void index() throws IOException {
    directory = newDirectory();
    int number = 0;
    for (int segment = 0; segment < 3; segment++) {
      try (IndexWriter writer =
          new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, 64))) {
        for (int i = 0; i < 1200; i++) {
          float[] vector = wholeNumbers();
          writer.addDocument(
              SearchIndex.document(number++, vector, VectorSimilarityFunction.COSINE));
        }
        writer.deleteDocuments(new Term("key", "" + (number - 5)));
      }
    }
    reader = DirectoryReader.open(directory);
    searcher = new IndexSearcher(reader);
    target = wholeNumbers();
  }

  @After
  public void close() throws IOException {
    reader.close();
    directory.close();
  }

  /** Sums of whole numbers are exact, so that scores do not depend on what is compiled already. */
  private static float[] wholeNumbers() {
    float[] vector = SearchIndex.vector(random(), DIMS);
    for (int d = 0; d < DIMS; d++) {
      vector[d] = Math.round(8 * vector[d]);
    }
    return vector;
  }

  private MatryoshkaQuery staged(int k) {
    return SearchIndex.query(target, k, Stage.hamming(64, 200), Stage.asymmetric(64, 50), LAST);
  }

  public void testRewriteIsStable() throws IOException {
    Query once = staged(10).rewrite(searcher);
    assertSame(once, once.rewrite(searcher));
    assertEquals(once, staged(10).rewrite(searcher));
    assertEquals(once.hashCode(), staged(10).rewrite(searcher).hashCode());
    assertNotEquals(once, staged(11).rewrite(searcher));
  }

  public void testResultsBelongToTheirReader() throws IOException {
    Query rewritten = staged(10).rewrite(searcher);
    try (DirectoryReader other = DirectoryReader.open(directory)) {
      expectThrows(
          IllegalStateException.class,
          () -> rewritten.createWeight(new IndexSearcher(other), ScoreMode.COMPLETE, 1));
    }
  }

  public void testEquality() {
    Query filter = IntPoint.newExactQuery("number", 1);
    BitSetProducer parents = new QueryBitSetProducer(new TermQuery(new Term("type", "parent")));
    List<Stage> stages = List.of(LAST);
    float[] other = target.clone();
    other[3]++;
    Query[] different = {
      new MatryoshkaQuery("v", target, 5, null, null, null, Cancellation.NONE),
      new MatryoshkaQuery("w", target, 5, null, null, null, Cancellation.NONE),
      new MatryoshkaQuery("v", other, 5, null, null, null, Cancellation.NONE),
      new MatryoshkaQuery("v", target, 6, null, null, null, Cancellation.NONE),
      new MatryoshkaQuery("v", target, 5, filter, null, null, Cancellation.NONE),
      new MatryoshkaQuery("v", target, 5, null, stages, null, Cancellation.NONE),
      new MatryoshkaQuery("v", target, 5, null, null, parents, Cancellation.NONE),
    };
    for (int i = 0; i < different.length; i++) {
      QueryUtils.check(different[i]);
      for (int j = 0; j < i; j++) {
        QueryUtils.checkUnequal(different[i], different[j]);
      }
    }
    QueryUtils.checkEqual(
        new MatryoshkaQuery("v", target.clone(), 5, filter, stages, parents, Cancellation.NONE),
        new MatryoshkaQuery(
            "v",
            target,
            5,
            IntPoint.newExactQuery("number", 1),
            List.of(LAST),
            parents,
            Cancellation.NONE));
  }

  public void testIteration() throws IOException {
    Query query = staged(40);
    CheckHits.checkMatches(query, searcher);
    QueryUtils.check(query);
    QueryUtils.check(query.rewrite(searcher));
    // These search segment by segment, which for the nearest of all is another question.
    IndexSearcher single = new IndexSearcher(reader.leaves().getFirst().reader());
    QueryUtils.checkFirstSkipTo(query, single);
    QueryUtils.checkSkipTo(query, single);
    QueryUtils.checkBulkScorerSkipTo(random(), query, single);
    QueryUtils.checkCount(query, single);
  }

  public void testExplanations() throws IOException {
    for (Query query :
        new Query[] {
          staged(20), SearchIndex.query(target, 20), SearchIndex.query(target, 20, LAST)
        }) {
      TopDocs hits = searcher.search(query, 20);
      assertEquals(20, hits.scoreDocs.length);
      for (int rank = 0; rank < 20; rank++) {
        ScoreDoc hit = hits.scoreDocs[rank];
        Explanation explanation = searcher.explain(query, hit.doc);
        assertTrue(explanation.isMatch());
        assertEquals(hit.score, explanation.getValue().floatValue(), 0);
        Explanation[] stages = explanation.getDetails();
        Explanation last = stages[stages.length - 1];
        assertEquals("rank in the last stage", rank + 1, last.getValue().intValue());
        assertEquals(
            "rank among the [20] documents kept by stage float[64 dims]", last.getDescription());
        for (Explanation stage : stages) {
          assertTrue("" + stage, stage.getValue().intValue() > 0);
        }
        Explanation boosted = searcher.explain(new BoostQuery(query, 2.5f), hit.doc);
        assertEquals(2.5f * hit.score, boosted.getValue().floatValue(), 0);
      }
      int worst = SearchIndex.ranked(reader, target, number -> true).getLast().doc;
      assertFalse(searcher.explain(query, worst).isMatch());
    }
    assertEquals(3, searcher.explain(staged(5), best(5)).getDetails().length);
  }

  private int best(int k) throws IOException {
    return searcher.search(staged(k), 1).scoreDocs[0].doc;
  }

  public void testInsideOtherQueries() throws IOException {
    ScoreDoc[] plain = searcher.search(staged(10), 10).scoreDocs;
    ScoreDoc[] boosted = searcher.search(new BoostQuery(staged(10), 3), 10).scoreDocs;
    Query filtered =
        new BooleanQuery.Builder()
            .add(staged(10), Occur.MUST)
            .add(IntPoint.newRangeQuery("number", 0, 2399), Occur.FILTER)
            .build();
    int among = 0;
    for (int i = 0; i < 10; i++) {
      assertEquals(plain[i].doc, boosted[i].doc);
      assertEquals(3 * plain[i].score, boosted[i].score, 1e-5);
      among += plain[i].doc < 2400 ? 1 : 0;
    }
    assertEquals(among, searcher.count(filtered));
    assertEquals(10, searcher.count(new ConstantScoreQuery(staged(10))));
    Query without =
        new BooleanQuery.Builder()
            .add(IntPoint.newRangeQuery("number", 0, 10_000), Occur.MUST)
            .add(staged(10), Occur.MUST_NOT)
            .build();
    assertEquals(reader.numDocs() - 10, searcher.count(without));
  }

  public void testCancellation() throws IOException {
    class Cancelled extends RuntimeException {}
    ExecutorService executor = Executors.newFixedThreadPool(2, new NamedThreadFactory("funnel"));
    try {
      IndexSearcher[] searchers = {searcher, new IndexSearcher(reader, executor)};
      Stage[][] all = {
        {LAST},
        {Stage.hamming(64, 50), LAST},
        {Stage.asymmetric(64, 50), LAST},
        {Stage.floats(8, 50), LAST},
        {Stage.hamming(64, 2000), LAST}
      };
      for (IndexSearcher each : searchers) {
        for (Stage[] stages : all) {
          AtomicInteger checks = new AtomicInteger();
          int bearable = random().nextInt(3);
          Cancellation cancellation =
              checked ->
                  () -> {
                    assertSame(each, checked);
                    if (checks.incrementAndGet() > bearable) {
                      throw new Cancelled();
                    }
                  };
          Query query =
              new MatryoshkaQuery("v", target, 5, null, List.of(stages), null, cancellation);
          expectThrows(Cancelled.class, () -> each.search(query, 5));
        }
      }
    } finally {
      executor.shutdown();
    }
  }

  public void testThreadsChangeNothing() throws IOException {
    ExecutorService executor = Executors.newFixedThreadPool(3, new NamedThreadFactory("funnel"));
    try {
      IndexSearcher parallel = new IndexSearcher(reader, executor);
      Query filter = IntPoint.newRangeQuery("number", 100, 3000);
      for (int iteration = 0; iteration < 10; iteration++) {
        Query query =
            new MatryoshkaQuery(
                "v",
                wholeNumbers(),
                10,
                random().nextBoolean() ? filter : null,
                List.of(Stage.hamming(64, 100), Stage.asymmetric(64, 40), LAST),
                null,
                Cancellation.NONE);
        ScoreDoc[] one = searcher.search(query, 10).scoreDocs;
        ScoreDoc[] many = parallel.search(query, 10).scoreDocs;
        assertEquals(one.length, many.length);
        for (int i = 0; i < one.length; i++) {
          assertEquals(one[i].doc, many[i].doc);
          assertEquals(one[i].score, many[i].score, 1e-6);
        }
      }
    } finally {
      executor.shutdown();
    }
  }

  public void testWrongDims() {
    IllegalArgumentException refusal =
        expectThrows(
            IllegalArgumentException.class,
            () -> searcher.search(SearchIndex.query(new float[DIMS + 1], 5), 5));
    assertEquals(
        "the query vector has [65] dimensions but field [v] has [64]", refusal.getMessage());
  }

  public void testWrongArguments() {
    expectThrows(IllegalArgumentException.class, () -> SearchIndex.query(target, 0));
    expectThrows(IllegalArgumentException.class, () -> new Funnel(List.of()));
  }

  public void testUnknownFields() throws IOException {
    for (String field : new String[] {"absent", "number", "key"}) {
      Query query = new MatryoshkaQuery(field, target, 5, null, null, null, Cancellation.NONE);
      assertTrue(query.rewrite(searcher) instanceof MatchNoDocsQuery);
      assertEquals(0, searcher.count(query));
    }
  }
}
