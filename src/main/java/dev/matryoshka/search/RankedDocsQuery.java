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
import java.util.Arrays;
import java.util.Objects;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Weight;

/**
 * The documents that a funnel found, with their scores. Valid for the reader that was searched
 * only. Immutable and thread-safe.
 */
final class RankedDocsQuery extends Query {

  private final MatryoshkaQuery origin;
  private final String description;
  private final String similarity;
  private final Object readerId;
  private final FunnelTrace trace;
  private final int[] docs;
  private final float[] scores;

  /**
   * @param origin the funnel that was run, null where every document was judged exactly
   * @param description what was searched for
   * @param similarity what the score is
   * @param readerId identity of the reader that was searched
   * @param keys what was found
   */
  RankedDocsQuery(
      MatryoshkaQuery origin,
      String description,
      String similarity,
      Object readerId,
      FunnelTrace trace,
      long[] keys) {
    this.origin = origin;
    this.description = description;
    this.similarity = similarity;
    this.readerId = readerId;
    this.trace = trace;
    long[] byDoc = new long[keys.length];
    for (int i = 0; i < keys.length; i++) {
      byDoc[i] = (long) CandidateKeys.doc(keys[i]) << Integer.SIZE | i;
    }
    Arrays.sort(byDoc);
    this.docs = new int[keys.length];
    this.scores = new float[keys.length];
    for (int i = 0; i < keys.length; i++) {
      docs[i] = (int) (byDoc[i] >>> Integer.SIZE);
      scores[i] = CandidateKeys.score(keys[(int) byDoc[i]]);
    }
  }

  /** The funnel that was run, or null. */
  MatryoshkaQuery origin() {
    return origin;
  }

  FunnelTrace trace() {
    return trace;
  }

  @Override
  public Weight createWeight(IndexSearcher searcher, ScoreMode scoreMode, float boost) {
    if (searcher.getIndexReader().getContext().id() != readerId) {
      throw new IllegalStateException("this query was rewritten for another reader");
    }
    return new Weight(this) {
      @Override
      public Explanation explain(LeafReaderContext context, int doc) {
        int at = Arrays.binarySearch(docs, context.docBase + doc);
        return at < 0
            ? Explanation.noMatch("not among the documents that the funnel kept: " + trace)
            : explainMatch(at, boost);
      }

      @Override
      public ScorerSupplier scorerSupplier(LeafReaderContext context) {
        int from = firstAtOrAfter(context.docBase);
        int to = firstAtOrAfter(context.docBase + context.reader().maxDoc());
        return from == to
            ? null
            : new DefaultScorerSupplier(new DocsScorer(context.docBase, from, to, boost));
      }

      @Override
      public boolean isCacheable(LeafReaderContext context) {
        // What one segment contributes depends on all the others.
        return false;
      }
    };
  }

  private int firstAtOrAfter(int doc) {
    int at = Arrays.binarySearch(docs, doc);
    return at < 0 ? -1 - at : at;
  }

  private Explanation explainMatch(int at, float boost) {
    Explanation[] ranks = new Explanation[trace.stages()];
    for (int i = 0; i < ranks.length; i++) {
      ranks[i] =
          Explanation.match(
              trace.rank(i, docs[at]),
              "rank among the ["
                  + trace.survivors(i)
                  + "] documents kept by stage "
                  + trace.stage(i).label());
    }
    Explanation atFullPrecision =
        Explanation.match(scores[at], similarity + " at full precision, as a score", ranks);
    return boost == 1f
        ? atFullPrecision
        : Explanation.match(
            scores[at] * boost, "product of:", Explanation.match(boost, "boost"), atFullPrecision);
  }

  private final class DocsScorer extends Scorer {
    private final int docBase;
    private final int from;
    private final int to;
    private final float boost;
    private int at;

    DocsScorer(int docBase, int from, int to, float boost) {
      this.docBase = docBase;
      this.from = from;
      this.to = to;
      this.boost = boost;
      this.at = from - 1;
    }

    @Override
    public int docID() {
      if (at < from) {
        return -1;
      }
      return at < to ? docs[at] - docBase : DocIdSetIterator.NO_MORE_DOCS;
    }

    @Override
    public DocIdSetIterator iterator() {
      return new DocIdSetIterator() {
        @Override
        public int docID() {
          return DocsScorer.this.docID();
        }

        @Override
        public int nextDoc() {
          at = Math.min(at + 1, to);
          return docID();
        }

        @Override
        public int advance(int doc) throws IOException {
          return slowAdvance(doc);
        }

        @Override
        public long cost() {
          return to - from;
        }
      };
    }

    @Override
    public float score() {
      return scores[at] * boost;
    }

    @Override
    public float getMaxScore(int upTo) {
      float max = 0;
      for (int i = Math.max(at, from); i < to && docs[i] - docBase <= upTo; i++) {
        max = Math.max(max, scores[i]);
      }
      return max * boost;
    }
  }

  @Override
  public String toString(String field) {
    return "MatryoshkaQuery[" + description + "; " + trace + "]";
  }

  @Override
  public void visit(QueryVisitor visitor) {
    visitor.visitLeaf(this);
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other)
        && readerId == ((RankedDocsQuery) other).readerId
        && Arrays.equals(docs, ((RankedDocsQuery) other).docs)
        && Arrays.equals(scores, ((RankedDocsQuery) other).scores);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        classHash(),
        System.identityHashCode(readerId),
        Arrays.hashCode(docs),
        Arrays.hashCode(scores));
  }
}
