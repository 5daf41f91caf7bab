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

import dev.matryoshka.codec.CandidateKeys;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;

/**
 * Runs the funnel of a {@link MatryoshkaQuery} and exact search side by side on one searcher, and
 * tells where the funnel lost what exact search finds. Sees what a search sees: live documents and
 * filters come from the searcher and the query. Runs on the calling thread, and takes {@link
 * #bytesNeeded} of heap for the time of one comparison. Thread-safe.
 *
 * <p>Nested vectors are compared child by child: that a search returns each parent once is left out
 * of account.
 */
public final class FunnelProbe {

  /** Most documents beyond the largest k that a truth holds because they tie with the last one. */
  public static final int MAX_TIES = 100;

  /** Searches get theirs; an audit makes do with the thread it has. */
  static final TaskExecutor SAME_THREAD = new TaskExecutor(Runnable::run);

  private final IndexSearcher searcher;
  private final Runnable interrupt;

  /**
   * @param interrupt run every thousand documents or so; throws to stop a comparison
   */
  public FunnelProbe(IndexSearcher searcher, Runnable interrupt) {
    this.searcher = searcher;
    this.interrupt = interrupt;
  }

  /** Most heap that a comparison takes for the time it runs. */
  public long bytesNeeded() {
    return (long) FirstStageRanking.BYTES_PER_DOCUMENT * searcher.getIndexReader().maxDoc();
  }

  /**
   * Compares for several k.
   *
   * @param query whose own k counts no more than to choose among default funnels
   * @param ks numbers of documents to find, each at least 1
   * @param excluded documents to leave out, ascending, such as the one the query was taken from
   */
  public Comparison compare(MatryoshkaQuery query, int[] ks, int[] excluded) throws IOException {
    int largest = Arrays.stream(ks).max().orElseThrow();
    List<SegmentView> views = query.views(searcher);
    Query filter = query.filter() == null ? null : searcher.rewrite(query.filter());
    if (views.isEmpty() || filter instanceof MatchNoDocsQuery) {
      return Comparison.nothing(ks);
    }
    Weight weight =
        filter == null ? null : searcher.createWeight(filter, ScoreMode.COMPLETE_NO_SCORES, 1f);
    FirstStageRanking ranking =
        FirstStageRanking.of(
            views,
            query.target(),
            query.funnel(views, largest),
            accept(views, weight, excluded),
            interrupt);
    int known = Math.min(largest, ranking.size());
    int limit = Math.min(ranking.size(), known + MAX_TIES);
    float last = known == 0 ? 0 : ranking.score(known - 1);
    while (known > 0 && known < limit && Comparison.tied(ranking.score(known), last)) {
      known++;
    }
    int[] docs = new int[known];
    float[] scores = new float[known];
    for (int i = 0; i < known; i++) {
      docs[i] = ranking.doc(i);
      scores[i] = ranking.score(i);
    }
    Comparison.Truth truth = new Comparison.Truth(docs, scores, ranking.leastKeeps(known));
    double correlation = ranking.rankCorrelation();
    List<Comparison.Outcome> outcomes = new ArrayList<>();
    for (int k : ks) {
      outcomes.add(run(query, views, accept(views, weight, excluded), k, truth));
    }
    return new Comparison(
        ranking.size(),
        wantsCodes(query, views, ranking.uncoded()) ? ranking.uncoded() : 0,
        truth,
        outcomes,
        correlation);
  }

  /** Not where dims or vectors are too few, nor where the first stage compares full precision. */
  private static boolean wantsCodes(MatryoshkaQuery query, List<SegmentView> views, int uncoded) {
    return query.comparesCodes()
        && views.getFirst().dims() >= Long.SIZE
        && uncoded >= MatryoshkaVectorsFormat.MIN_CODED_VECTORS;
  }

  private Comparison.Outcome run(
      MatryoshkaQuery query,
      List<SegmentView> views,
      List<AcceptDocs> accept,
      int k,
      Comparison.Truth truth)
      throws IOException {
    List<SegmentSearch> segments = new ArrayList<>();
    QueryCodes codes = new QueryCodes(query.target());
    for (SegmentView view : views) {
      segments.add(new SegmentSearch(view, codes, interrupt, SAME_THREAD));
    }
    FunnelSearch search = new FunnelSearch(segments, SAME_THREAD, ScratchMemory.UNACCOUNTED);
    long[] keys = search.run(query.funnel(views, k), accept, Wanted.documents(k), k);
    Arrays.sort(keys);
    int[] docs = new int[keys.length];
    float[] scores = new float[keys.length];
    for (int i = 0; i < keys.length; i++) {
      docs[i] = CandidateKeys.doc(keys[i]);
      scores[i] = CandidateKeys.score(keys[i]);
    }
    FunnelTrace trace = search.trace();
    return new Comparison.Outcome(k, docs, scores, lostAt(truth, k, trace), trace.outcomes());
  }

  private static byte[] lostAt(Comparison.Truth truth, int k, FunnelTrace trace) {
    int count = Math.min(k, truth.docs().length);
    float last = count == 0 ? 0 : truth.scores()[count - 1];
    while (count > 0
        && count < truth.docs().length
        && Comparison.tied(truth.scores()[count], last)) {
      count++;
    }
    byte[] lostAt = new byte[count];
    Arrays.fill(lostAt, Comparison.Outcome.FOUND);
    for (int stage = 0; stage < trace.stages(); stage++) {
      int[] survivors = trace.docs(stage);
      for (int i = 0; i < count; i++) {
        if (lostAt[i] == Comparison.Outcome.FOUND
            && Arrays.binarySearch(survivors, truth.docs()[i]) < 0) {
          lostAt[i] = (byte) stage;
        }
      }
    }
    return lostAt;
  }

  private List<AcceptDocs> accept(List<SegmentView> views, Weight filter, int[] excluded) {
    List<AcceptDocs> accept = new ArrayList<>();
    for (SegmentView view : views) {
      LeafReaderContext leaf = view.context();
      Bits live = leaf.reader().getLiveDocs();
      for (int doc : excluded) {
        if (ReaderUtil.subIndex(doc, searcher.getLeafContexts()) == leaf.ord) {
          live = without(live, leaf.reader().maxDoc(), leaf.docBase, excluded);
          break;
        }
      }
      accept.add(MatryoshkaQuery.acceptDocs(leaf, filter, live));
    }
    return accept;
  }

  private static Bits without(Bits live, int maxDoc, int docBase, int[] excluded) {
    return new Bits() {
      @Override
      public boolean get(int doc) {
        return (live == null || live.get(doc)) && Arrays.binarySearch(excluded, docBase + doc) < 0;
      }

      @Override
      public int length() {
        return maxDoc;
      }
    };
  }
}
