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

import dev.matryoshka.search.FindAllQuery.Mode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;

/**
 * Searches for some of the vectors that an index has, so that what searches run on is compiled and
 * codes and rotations are in memory before the first user comes. Stateless.
 */
public final class WarmUp {

  /** What most searches want, and a good many. */
  private static final int[] HITS = {10, 100};

  /** After one search in so many, everything as similar as its hits is looked for as well. */
  private static final int SEARCHES_PER_FIND_ALL = 4;

  /** Documents that are looked at then: enough to compile what others take, and soon read. */
  private static final int FIND_ALL_DOCUMENTS = 8192;

  private WarmUp() {}

  /**
   * Searches all fields that have codes, in turns.
   *
   * @param searcher of whole segments, no documents hidden
   * @param searches in each field, at least 1
   * @param goOn asked before each search
   * @return searches that ran
   */
  public static int run(IndexSearcher searcher, int searches, BooleanSupplier goOn)
      throws IOException {
    List<SegmentView> segments = largestSegments(searcher);
    int ran = 0;
    for (int i = 0; i < searches; i++) {
      for (SegmentView segment : segments) {
        if (goOn.getAsBoolean() == false) {
          return ran;
        }
        int ord = (int) ((long) i * segment.size() / searches);
        float[] target = segment.values().vectorValue(ord).clone();
        TopDocs best = search(searcher, segment, target, HITS[i % HITS.length]);
        if (i % SEARCHES_PER_FIND_ALL == 0 && best.scoreDocs.length > 0) {
          float least = best.scoreDocs[best.scoreDocs.length - 1].score;
          int turn = i / SEARCHES_PER_FIND_ALL;
          findAll(searcher, segment, target, least, turn % 2 == 0 ? Mode.LOSSLESS : Mode.FAST);
        }
        ran++;
      }
    }
    return ran;
  }

  /** Of each field that has codes, the segment with most vectors. */
  private static List<SegmentView> largestSegments(IndexSearcher searcher) throws IOException {
    Map<String, SegmentView> largest = new TreeMap<>();
    for (LeafReaderContext context : searcher.getLeafContexts()) {
      for (FieldInfo info : context.reader().getFieldInfos()) {
        SegmentView segment = SegmentView.open(context, info.name);
        if (segment != null && segment.codes() != null) {
          largest.merge(info.name, segment, (a, b) -> a.size() >= b.size() ? a : b);
        }
      }
    }
    return List.copyOf(largest.values());
  }

  private static TopDocs search(IndexSearcher searcher, SegmentView segment, float[] target, int k)
      throws IOException {
    return searcher.search(
        new MatryoshkaQuery(segment.field(), target, k, null, null, null, Cancellation.NONE), k);
  }

  private static void findAll(
      IndexSearcher searcher, SegmentView segment, float[] target, float leastScore, Mode mode)
      throws IOException {
    FindAllQuery query =
        new FindAllQuery(
            segment.field(),
            target,
            SimilarityThreshold.ofScore(segment.similarity(), leastScore),
            mode,
            Long.MAX_VALUE,
            Cancellation.NONE);
    // Not of all, where what comes next would be looked at before it is asked for.
    Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.TOP_SCORES, 1f);
    LeafReaderContext context = segment.context();
    BulkScorer scorer = weight.bulkScorer(context);
    if (scorer != null) {
      Bits live = context.reader().getLiveDocs();
      scorer.score(new Ignored(), live, 0, Math.min(FIND_ALL_DOCUMENTS, context.reader().maxDoc()));
    }
  }

  private static final class Ignored implements LeafCollector {
    @Override
    public void setScorer(Scorable scorer) {}

    @Override
    public void collect(int doc) {}
  }
}
