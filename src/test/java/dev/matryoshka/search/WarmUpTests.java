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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.Weight;
import org.apache.lucene.store.Directory;

/** Which searches warm an index up. */
public class WarmUpTests extends MatryoshkaTestCase {

  private static final int DIMS = 64;
  private static final int SEARCHES = 7;

  /** Counts searches, and fails when one of them finds less than there is. */
  private static final class Counting extends IndexSearcher {
    private int searches;
    private final List<FindAllQuery.Mode> findAlls = new ArrayList<>();

    Counting(DirectoryReader reader) {
      super(reader);
    }

    @Override
    public TopDocs search(Query query, int hits) throws IOException {
      searches++;
      TopDocs found = super.search(query, hits);
      assertEquals(Math.min(hits, getIndexReader().maxDoc()), found.scoreDocs.length);
      return found;
    }

    @Override
    public Weight createWeight(Query query, ScoreMode scoreMode, float boost) throws IOException {
      if (query instanceof FindAllQuery all) {
        findAlls.add(all.mode());
      }
      return super.createWeight(query, scoreMode, boost);
    }
  }

  private static int run(IndexWriterConfig config, int docs, int most) throws IOException {
    try (Directory directory = newDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        for (int i = 0; i < docs; i++) {
          writer.addDocument(
              SearchIndex.document(
                  i, SearchIndex.vector(random(), DIMS), VectorSimilarityFunction.COSINE));
          if (i == docs / 4) {
            writer.flush();
          }
        }
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        Counting searcher = new Counting(reader);
        AtomicInteger asked = new AtomicInteger();
        int ran = WarmUp.run(searcher, SEARCHES, () -> asked.incrementAndGet() <= most);
        assertEquals(searcher.searches, ran);
        for (int i = 0; i < searcher.findAlls.size(); i++) {
          FindAllQuery.Mode inTurn = FindAllQuery.Mode.values()[i % 2];
          assertEquals(inTurn, searcher.findAlls.get(i));
        }
        assertEquals((ran + 3) / 4, searcher.findAlls.size());
        return ran;
      }
    }
  }

  public void testSearchesWhereThereAreCodes() throws IOException {
    IndexWriterConfig config = SearchIndex.coded(RotationKind.RANDOM, DIMS);
    assertEquals(SEARCHES, run(config, 6000, Integer.MAX_VALUE));
  }

  public void testStopsWhenItShould() throws IOException {
    assertEquals(2, run(SearchIndex.coded(RotationKind.RANDOM, DIMS), 6000, 2));
  }

  public void testLeavesAloneWhatHasNoCodes() throws IOException {
    assertEquals(0, run(SearchIndex.foreign(), 100, Integer.MAX_VALUE));
    assertEquals(0, run(SearchIndex.coded(RotationKind.RANDOM, DIMS), 100, Integer.MAX_VALUE));
    assertEquals(0, run(SearchIndex.foreign(), 0, Integer.MAX_VALUE));
  }
}
