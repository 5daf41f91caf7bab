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
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.search.join.BitSetProducer;
import org.apache.lucene.util.Bits;

/**
 * Finds the k documents whose vectors are most similar to a query vector, by a funnel: binary codes
 * first, full precision last. The score is the similarity at full precision, as Lucene's own vector
 * queries give it. The search happens in {@link #rewrite}, on the searcher's executor.
 *
 * <p>What it decides for each segment, in this order:
 *
 * <ul>
 *   <li>no visible vectors, or nothing accepted by the filter: nothing
 *   <li>no codes (a tiny segment, a field without codes, a segment of another format), or no more
 *       accepted documents than would reach the last stage anyway: exact search
 *   <li>few accepted documents: only their codes are fetched
 *   <li>else: all codes are scanned, and the filter is asked about those near enough
 * </ul>
 *
 * <p>It is the wrong tool where everything above a similarity is wanted, since k truncates, and for
 * tens of millions of documents in a shard, where a scan of all codes takes many times as long as a
 * graph or clusters would.
 *
 * <p>Immutable and thread-safe; holds no reader.
 */
public final class MatryoshkaQuery extends Query {

  /** How much wider a funnel gets when children crowd out the wanted number of parents. */
  private static final int WIDENING = 8;

  private final String field;
  private final float[] target;
  private final int k;
  private final SimilarityThreshold threshold;
  private final Query filter;
  private final List<Stage> stages;
  private final RecallTarget recall;
  private final BitSetProducer parents;
  private final Cancellation cancellation;
  private final ScratchMemory memory;

  /**
   * @param field name of the vector field
   * @param target the query vector as the user gave it (cosine needs no normalising), not copied
   * @param k documents to return, at least 1
   * @param filter documents to consider, or null for all
   * @param stages the funnel as the user wrote it, or null for one that aims at the default recall
   * @param parents for nested vectors the parent documents, of which each is returned once, by its
   *     best child; null otherwise
   * @param cancellation how to learn that the search was cancelled
   */
  public MatryoshkaQuery(
      String field,
      float[] target,
      int k,
      Query filter,
      List<Stage> stages,
      BitSetProducer parents,
      Cancellation cancellation) {
    this(
        field,
        target,
        k,
        null,
        filter,
        stages,
        stages == null ? RecallTarget.DEFAULT : null,
        parents,
        cancellation,
        ScratchMemory.UNACCOUNTED);
  }

  private MatryoshkaQuery(
      String field,
      float[] target,
      int k,
      SimilarityThreshold threshold,
      Query filter,
      List<Stage> stages,
      RecallTarget recall,
      BitSetProducer parents,
      Cancellation cancellation,
      ScratchMemory memory) {
    if (k < 1) {
      throw new IllegalArgumentException("[k] must be at least [1] but was [" + k + "]");
    }
    this.field = Objects.requireNonNull(field);
    this.target = Objects.requireNonNull(target);
    this.k = k;
    this.threshold = threshold;
    this.filter = filter;
    this.stages = stages == null ? null : List.copyOf(stages);
    this.recall = recall;
    this.parents = parents;
    this.cancellation = Objects.requireNonNull(cancellation);
    this.memory = Objects.requireNonNull(memory);
  }

  /** The same query, but only those of the k documents that are similar enough. */
  public MatryoshkaQuery atLeast(SimilarityThreshold similarity) {
    return new MatryoshkaQuery(
        field, target, k, similarity, filter, stages, recall, parents, cancellation, memory);
  }

  /** The same query, whose searches take their memory from what there is. */
  public MatryoshkaQuery within(ScratchMemory available) {
    return new MatryoshkaQuery(
        field, target, k, threshold, filter, stages, recall, parents, cancellation, available);
  }

  /** The same query, with a funnel that aims at a recall instead of one that is spelled out. */
  public MatryoshkaQuery aimingAt(RecallTarget newRecall) {
    return new MatryoshkaQuery(
        field, target, k, threshold, filter, null, newRecall, parents, cancellation, memory);
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
    List<SegmentView> views = views(searcher);
    if (views.isEmpty()) {
      return new MatchNoDocsQuery("no vectors in field [" + field + "]");
    }
    return search(searcher, views, filterWeight);
  }

  /** The segments that have visible vectors. */
  List<SegmentView> views(IndexSearcher searcher) throws IOException {
    List<SegmentView> views = new ArrayList<>();
    for (LeafReaderContext context : searcher.getIndexReader().leaves()) {
      SegmentView view = SegmentView.open(context, field);
      if (view != null) {
        view.checkDims(target);
        views.add(view);
      }
    }
    return views;
  }

  private Query search(IndexSearcher searcher, List<SegmentView> views, Weight filterWeight)
      throws IOException {
    Runnable interrupt = cancellation.checkFor(searcher);
    Funnel funnel = funnel(views, k);
    Wanted wanted =
        parents == null ? Wanted.documents(k) : new Wanted(k, searcher.getIndexReader(), parents);
    QueryCodes codes = new QueryCodes(target);
    while (true) {
      List<SegmentSearch> segments = new ArrayList<>();
      List<AcceptDocs> accept = new ArrayList<>();
      for (SegmentView view : views) {
        segments.add(new SegmentSearch(view, codes, interrupt, searcher.getTaskExecutor()));
        LeafReaderContext leaf = view.context();
        accept.add(acceptDocs(leaf, filterWeight, leaf.reader().getLiveDocs()));
      }
      FunnelSearch search = new FunnelSearch(segments, searcher.getTaskExecutor(), memory);
      int candidates = parents == null ? k : funnel.scoredAtFullPrecision();
      long[] keys;
      try (ScratchMemory.Taken taken = memory.take(search.bytesNeeded(funnel, candidates))) {
        keys = search.run(funnel, accept, wanted, candidates);
      }
      if (parents != null) {
        keys = ParentDiversity.best(keys, k, searcher.getIndexReader(), parents);
        boolean all = funnel.scoredAtFullPrecision() == Integer.MAX_VALUE;
        if (keys.length < k && search.truncated() && all == false) {
          funnel = funnel.widened(WIDENING);
          continue;
        }
      }
      if (threshold != null) {
        float least = threshold.minScore();
        keys = Arrays.stream(keys).filter(key -> CandidateKeys.score(key) >= least).toArray();
      }
      return keys.length == 0
          ? new MatchNoDocsQuery("no accepted document has such a vector in field [" + field + "]")
          : new RankedDocsQuery(
              this,
              describe(),
              Similarities.name(views.getFirst().similarity()) + " of field [" + field + "]",
              searcher.getIndexReader().getContext().id(),
              search.trace(),
              keys);
    }
  }

  /** The funnel as the user wrote it, or one that aims at a recall of so many documents. */
  Funnel funnel(List<SegmentView> views, int k) {
    if (stages != null) {
      return new Funnel(stages);
    }
    int bits = 0;
    for (SegmentView view : views) {
      bits = Math.max(bits, view.codes() == null ? 0 : view.codes().bits());
    }
    SegmentView any = views.getFirst();
    return Funnel.defaults(any.similarity(), any.dims(), bits, k, recall);
  }

  /** Whether the first stage compares codes, wherever there are any. */
  boolean comparesCodes() {
    return stages == null || stages.getFirst().kind() != Stage.Kind.FLOAT;
  }

  /** Live documents of a segment that match a filter, or all live ones where that is null. */
  static AcceptDocs acceptDocs(LeafReaderContext context, Weight filterWeight, Bits liveDocs) {
    int maxDoc = context.reader().maxDoc();
    if (filterWeight == null) {
      return AcceptDocs.fromLiveDocs(liveDocs, maxDoc);
    }
    return AcceptDocs.fromIteratorSupplier(
        () -> {
          Scorer scorer = filterWeight.scorer(context);
          return scorer == null ? DocIdSetIterator.empty() : scorer.iterator();
        },
        liveDocs,
        maxDoc);
  }

  /** Documents that are asked for. */
  public int k() {
    return k;
  }

  /** Whether what is found are parents, each by its best child. */
  public boolean findsParents() {
    return parents != null;
  }

  /** Whether of the best only those count that are similar enough. */
  public boolean hasThreshold() {
    return threshold != null;
  }

  /** Name of the vector field. */
  public String field() {
    return field;
  }

  /** The query vector, not copied. */
  public float[] target() {
    return target;
  }

  Query filter() {
    return filter;
  }

  private String describe() {
    return "field="
        + field
        + ", k="
        + k
        + (threshold == null ? "" : ", similarity=" + threshold.similarity())
        + (filter == null ? "" : ", filter=" + filter)
        + (recall == null ? "" : ", target_recall=" + recall.share());
  }

  @Override
  public String toString(String defaultField) {
    return "MatryoshkaQuery[" + describe() + "]";
  }

  @Override
  public void visit(QueryVisitor visitor) {
    if (visitor.acceptField(field)) {
      visitor.visitLeaf(this);
    }
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other) && equalsTo((MatryoshkaQuery) other);
  }

  private boolean equalsTo(MatryoshkaQuery other) {
    return field.equals(other.field)
        && k == other.k
        && Arrays.equals(target, other.target)
        && Objects.equals(threshold, other.threshold)
        && Objects.equals(filter, other.filter)
        && Objects.equals(stages, other.stages)
        && Objects.equals(recall, other.recall)
        && Objects.equals(parents, other.parents);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        classHash(), field, k, Arrays.hashCode(target), threshold, filter, stages, recall, parents);
  }
}
