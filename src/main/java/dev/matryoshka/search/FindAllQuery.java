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
import java.util.Arrays;
import java.util.Objects;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Accountable;
import org.apache.lucene.util.RamUsageEstimator;

/**
 * Matches every document whose vector is at least as similar to a query vector as a threshold says.
 * The score is the similarity at full precision. Unlike {@link MatryoshkaQuery} it cuts nothing off
 * and looks ahead by no more than some sixty thousand vectors: it is iterated, so that other
 * clauses can lead it, hits can be counted, aggregated, sorted and paged through, and a timeout
 * leaves what was found until then.
 *
 * <p>Whether a document matches is decided by its score at full precision, which is reproducible to
 * the last bit, compared with the score of the threshold. {@link Mode#LOSSLESS} skips this only
 * where a {@linkplain dev.matryoshka.codec.SegmentBounds bound} proves the outcome. What a segment
 * contributes depends on that segment alone, so results may be cached, unless comparisons are
 * limited: filling the cache takes more of them than the search itself.
 *
 * <p>It is the wrong tool where a fixed number of best hits is wanted, which the funnel finds many
 * times faster.
 *
 * <p>Immutable and thread-safe, but for counters that show up in profiles: rewriting makes a copy
 * with counters of its own for each search.
 */
public final class FindAllQuery extends Query implements Accountable {

  /** Name of the setting that limits comparisons, for messages. */
  public static final String MAX_SCORED = "index.matryoshka.find_all.max_scored";

  /** How sure it must be that a vector that is skipped does not match. */
  public enum Mode {
    /** It is proven. */
    LOSSLESS,
    /** It is likely, by how far estimates are off; proven in small segments. */
    FAST
  }

  private static final long BYTES =
      RamUsageEstimator.shallowSizeOfInstance(FindAllQuery.class)
          + RamUsageEstimator.shallowSizeOfInstance(FindAllCounts.class);

  private final String field;
  private final float[] target;
  private final SimilarityThreshold threshold;
  private final Mode mode;
  private final long maxScored;
  private final Cancellation cancellation;
  private final FindAllCounts counts;

  /**
   * @param field name of the vector field
   * @param target the query vector as the user gave it, not copied
   * @param maxScored most vectors of a shard that may be compared at full precision, {@link
   *     Long#MAX_VALUE} for any number; a search that needs more fails
   * @param cancellation how to learn that the search was cancelled
   */
  public FindAllQuery(
      String field,
      float[] target,
      SimilarityThreshold threshold,
      Mode mode,
      long maxScored,
      Cancellation cancellation) {
    this(field, target, threshold, mode, maxScored, cancellation, null);
  }

  private FindAllQuery(
      String field,
      float[] target,
      SimilarityThreshold threshold,
      Mode mode,
      long maxScored,
      Cancellation cancellation,
      FindAllCounts counts) {
    this.field = Objects.requireNonNull(field);
    this.target = Objects.requireNonNull(target);
    this.threshold = Objects.requireNonNull(threshold);
    this.mode = Objects.requireNonNull(mode);
    this.maxScored = maxScored;
    this.cancellation = Objects.requireNonNull(cancellation);
    this.counts = counts;
  }

  @Override
  public Query rewrite(IndexSearcher searcher) throws IOException {
    if (counts != null) {
      return this;
    }
    boolean any = false;
    for (LeafReaderContext context : searcher.getIndexReader().leaves()) {
      SegmentView view = SegmentView.open(context, field);
      if (view != null) {
        view.checkDims(target);
        any = true;
      }
    }
    return any
        ? new FindAllQuery(
            field, target, threshold, mode, maxScored, cancellation, new FindAllCounts(maxScored))
        : new MatchNoDocsQuery("no vectors in field [" + field + "]");
  }

  @Override
  public Weight createWeight(IndexSearcher searcher, ScoreMode scoreMode, float boost) {
    FindAllCounts shared = counts == null ? newCounts() : counts;
    return new FindAllWeight(
        this,
        searcher.getTaskExecutor(),
        cancellation.checkFor(searcher),
        shared,
        scoreMode,
        boost);
  }

  String field() {
    return field;
  }

  /** Not to be modified. */
  float[] target() {
    return target;
  }

  SimilarityThreshold threshold() {
    return threshold;
  }

  Mode mode() {
    return mode;
  }

  Cancellation cancellation() {
    return cancellation;
  }

  /** Whether there is a limit to what may be compared. */
  boolean limited() {
    return maxScored < Long.MAX_VALUE;
  }

  /** Caches of queries ask for it. */
  @Override
  public long ramBytesUsed() {
    return BYTES + RamUsageEstimator.sizeOf(target) + RamUsageEstimator.sizeOf(field);
  }

  FindAllCounts newCounts() {
    return new FindAllCounts(maxScored);
  }

  /** What was done for this query, or null when it has not been rewritten. */
  ExecutedFindAll executed() {
    return counts == null ? null : counts.executed(mode);
  }

  String describe() {
    return "field="
        + field
        + ", similarity="
        + threshold.similarity()
        + (mode == Mode.FAST ? ", mode=fast" : "");
  }

  @Override
  public String toString(String defaultField) {
    return "FindAllQuery[" + describe() + (counts == null ? "" : "; " + counts) + "]";
  }

  @Override
  public void visit(QueryVisitor visitor) {
    if (visitor.acceptField(field)) {
      visitor.visitLeaf(this);
    }
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other) && equalsTo((FindAllQuery) other);
  }

  private boolean equalsTo(FindAllQuery other) {
    return field.equals(other.field)
        && Arrays.equals(target, other.target)
        && threshold.equals(other.threshold)
        && mode == other.mode
        && maxScored == other.maxScored;
  }

  @Override
  public int hashCode() {
    return Objects.hash(classHash(), field, Arrays.hashCode(target), threshold, mode, maxScored);
  }
}
