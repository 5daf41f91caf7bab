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
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Weight;
import org.apache.lucene.search.join.BitSetProducer;

/**
 * The k best of the documents that a {@link FindAllQuery} matches: exactly those, since it looks at
 * everything that could be among them. Searches in {@link #rewrite}, segments in parallel.
 * Immutable and thread-safe; holds no reader.
 */
public final class BestAboveQuery extends Query {

  private final FindAllQuery all;
  private final int k;
  private final Query filter;
  private final BitSetProducer parents;

  /**
   * @param k documents to return, at least 1
   * @param filter documents to consider, or null for all
   * @param parents for nested vectors the parent documents, of which each is returned once, by its
   *     best child; null otherwise
   */
  public BestAboveQuery(FindAllQuery all, int k, Query filter, BitSetProducer parents) {
    if (k < 1) {
      throw new IllegalArgumentException("[k] must be at least [1] but was [" + k + "]");
    }
    this.all = Objects.requireNonNull(all);
    this.k = k;
    this.filter = filter;
    this.parents = parents;
  }

  @Override
  public Query rewrite(IndexSearcher searcher) throws IOException {
    Query rewrittenFilter = filter == null ? null : searcher.rewrite(filter);
    if (rewrittenFilter instanceof MatchNoDocsQuery) {
      return rewrittenFilter;
    }
    Weight filterWeight =
        rewrittenFilter == null || rewrittenFilter instanceof MatchAllDocsQuery
            ? null
            : searcher.createWeight(rewrittenFilter, ScoreMode.COMPLETE_NO_SCORES, 1f);
    long start = System.nanoTime();
    FindAllCounts counts = all.newCounts();
    QueryCodes codes = new QueryCodes(all.target());
    BestScores best = new BestScores(k, selection(searcher.getIndexReader()));
    List<Callable<Void>> tasks = new ArrayList<>();
    SegmentView any = null;
    for (LeafReaderContext context : searcher.getIndexReader().leaves()) {
      SegmentView segment = SegmentView.open(context, all.field());
      if (segment != null) {
        segment.checkDims(all.target());
        any = segment;
        SegmentMatcher matcher =
            new SegmentMatcher(segment, all, codes, all.cancellation().checkFor(searcher), counts);
        AcceptDocs accept =
            MatryoshkaQuery.acceptDocs(context, filterWeight, context.reader().getLiveDocs());
        tasks.add(
            () -> {
              collect(segment, matcher, accept, best);
              return null;
            });
      }
    }
    searcher.getTaskExecutor().invokeAll(tasks);
    long[] keys = best.keys();
    if (keys.length == 0) {
      return new MatchNoDocsQuery(
          "no accepted document has such a vector in [" + all.field() + "]");
    }
    FunnelTrace trace = new FunnelTrace();
    trace.add(
        Stage.floats(any.dims(), Stage.LAST), counts.verified(), keys, System.nanoTime() - start);
    trace.findAll(counts.executed(all.mode()));
    return new RankedDocsQuery(
        null,
        describe() + "; " + counts,
        Similarities.name(any.similarity()) + " of field [" + all.field() + "]",
        searcher.getIndexReader().getContext().id(),
        trace,
        keys);
  }

  /** Parents are chosen as they are found, so that their number is all that takes memory. */
  private BestScores.Selection selection(IndexReader reader) {
    if (parents == null) {
      return BestScores.Selection.BY_SCORE;
    }
    return (keys, size, count) -> {
      long[] best = ParentDiversity.best(Arrays.copyOf(keys, size), count, reader, parents);
      System.arraycopy(best, 0, keys, 0, best.length);
      return best.length;
    };
  }

  private static void collect(
      SegmentView segment, SegmentMatcher matcher, AcceptDocs accept, BestScores best)
      throws IOException {
    KnnVectorValues.DocIndexIterator vectors = segment.values().iterator();
    int block = SegmentMatcher.blockFor(accept.cost(), segment.size());
    FindAllScorer scorer = new FindAllScorer(matcher, vectors, block, 1);
    DocIdSetIterator accepted = accept.iterator();
    int docBase = segment.context().docBase;
    for (int doc = accepted.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = accepted.nextDoc()) {
      int found = vectors.docID() < doc ? vectors.advance(doc) : vectors.docID();
      if (found == DocIdSetIterator.NO_MORE_DOCS) {
        return;
      }
      if (found == doc && scorer.matches()) {
        matcher.raise(best.add(CandidateKeys.of(matcher.score(), docBase + doc)));
      }
    }
  }

  private String describe() {
    return all.describe() + ", k=" + k + (filter == null ? "" : ", filter=" + filter);
  }

  @Override
  public String toString(String defaultField) {
    return "BestAboveQuery[" + describe() + "]";
  }

  @Override
  public void visit(QueryVisitor visitor) {
    if (visitor.acceptField(all.field())) {
      visitor.visitLeaf(this);
    }
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other) && equalsTo((BestAboveQuery) other);
  }

  private boolean equalsTo(BestAboveQuery other) {
    return all.equals(other.all)
        && k == other.k
        && Objects.equals(filter, other.filter)
        && Objects.equals(parents, other.parents);
  }

  @Override
  public int hashCode() {
    return Objects.hash(classHash(), all, k, filter, parents);
  }
}
