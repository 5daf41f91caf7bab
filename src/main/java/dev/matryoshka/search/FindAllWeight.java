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
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.search.Weight;

/**
 * Executes a {@link FindAllQuery} on each segment: block by block where it is alone or leads, one
 * document at a time where a more selective clause leads.
 */
final class FindAllWeight extends Weight {

  private final FindAllQuery query;
  private final QueryCodes codes;
  private final TaskExecutor executor;
  private final Runnable interrupt;
  private final FindAllCounts counts;
  private final ScoreMode scoreMode;
  private final float boost;

  FindAllWeight(
      FindAllQuery query,
      TaskExecutor executor,
      Runnable interrupt,
      FindAllCounts counts,
      ScoreMode scoreMode,
      float boost) {
    super(query);
    this.executor = executor;
    this.query = query;
    this.codes = new QueryCodes(query.target());
    this.interrupt = interrupt;
    this.counts = counts;
    this.scoreMode = scoreMode;
    this.boost = boost;
  }

  @Override
  public ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
    SegmentView segment = SegmentView.open(context, query.field());
    if (segment == null) {
      return null;
    }
    segment.checkDims(query.target());
    return new ScorerSupplier() {
      @Override
      public Scorer get(long leadCost) throws IOException {
        int block = SegmentMatcher.blockFor(leadCost, segment.size());
        return new FindAllScorer(matcher(segment), segment.values().iterator(), block, boost);
      }

      @Override
      public BulkScorer bulkScorer() throws IOException {
        boolean dense = segment.size() == context.reader().maxDoc();
        return new FindAllBulkScorer(
            matcher(segment),
            executor,
            segment.values().iterator(),
            dense,
            scoreMode.isExhaustive(),
            boost);
      }

      @Override
      public long cost() {
        return segment.size();
      }
    };
  }

  private SegmentMatcher matcher(SegmentView segment) throws IOException {
    return new SegmentMatcher(segment, query, codes, interrupt, counts);
  }

  @Override
  public Explanation explain(LeafReaderContext context, int doc) throws IOException {
    SegmentView segment = SegmentView.open(context, query.field());
    if (segment == null) {
      return Explanation.noMatch("no vectors in field [" + query.field() + "]");
    }
    var iterator = segment.values().iterator();
    if (iterator.advance(doc) != doc) {
      return Explanation.noMatch("no vector in field [" + query.field() + "]");
    }
    float score = segment.exactScorer(query.target()).score(iterator.index());
    float least = query.threshold().minScore();
    String what =
        Similarities.name(segment.similarity())
            + " of field ["
            + query.field()
            + "] at full precision, as a score";
    if (score < least) {
      return Explanation.noMatch(
          what + ", is [" + score + "], below the [" + least + "] of the similarity asked for");
    }
    Explanation match = Explanation.match(score, what + ", at least [" + least + "]");
    return boost == 1f
        ? match
        : Explanation.match(score * boost, "product of:", Explanation.match(boost, "boost"), match);
  }

  @Override
  public boolean isCacheable(LeafReaderContext context) {
    // Vectors of a segment never change, and deletions are not looked at. But filling the cache
    // compares all vectors, which may pass a limit that the search keeps where others lead.
    return query.limited() == false;
  }
}
