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

import dev.matryoshka.codec.BoundScan;
import dev.matryoshka.codec.SegmentBounds;
import java.io.IOException;

/**
 * Decides which vectors of one segment are similar enough: first by estimates, if something may be
 * lost, and by bounds, for many at a time, where the segment has what it takes; then at full
 * precision for those that are left. Not thread-safe.
 */
final class SegmentMatcher {

  /** Most vectors looked at together. */
  static final int BLOCK = BoundScan.BLOCK;

  /**
   * Below one document to look at in this many vectors, they are looked at one by one rather than
   * with the block around them.
   */
  private static final int SINGLY_BELOW = 8;

  private static final double MISSES_OF_BOUNDS = 1 / BoundScan.ESTIMATE_RECALL - 1;

  private final SegmentView segment;
  private final ExactScorer scorer;
  private final BoundScan bounds;
  private final QueryCodes codes;
  private final boolean fast;
  private boolean estimatesPrepared;
  private LikelyMatches likely;
  private double missesPerMatch;
  private double missesPerVector;
  private float minScore;
  private final Runnable interrupt;
  private final FindAllCounts counts;
  private final Worth estimatesWorth = new Worth();
  private final Worth boundsWorth = new Worth();
  private float score;

  /**
   * @param codes of the query's vector
   */
  SegmentMatcher(
      SegmentView segment,
      FindAllQuery query,
      QueryCodes codes,
      Runnable interrupt,
      FindAllCounts counts)
      throws IOException {
    this.segment = segment;
    this.scorer = segment.exactScorer(query.target());
    this.minScore = query.threshold().minScore();
    this.codes = codes;
    this.fast = query.mode() == FindAllQuery.Mode.FAST;
    SegmentBounds stored = segment.bounds();
    this.bounds = stored == null ? null : new BoundScan(stored, query.target(), minScore);
    this.interrupt = interrupt;
    this.counts = counts;
  }

  private SegmentMatcher(SegmentMatcher other) throws IOException {
    this.segment = other.segment;
    this.codes = other.codes;
    this.scorer = segment.exactScorer(codes.target());
    this.minScore = other.minScore;
    this.fast = other.fast;
    this.bounds = other.bounds == null ? null : other.bounds.fork();
    this.estimatesPrepared = other.estimatesPrepared;
    this.likely = other.likely == null ? null : other.likely.fork();
    this.interrupt = other.interrupt;
    this.counts = other.counts;
  }

  /** The same for another thread, which takes over what has been prepared. */
  SegmentMatcher fork() throws IOException {
    return new SegmentMatcher(this);
  }

  /** How many vectors to look at together when so many documents will be asked about. */
  static int blockFor(long documents, int vectors) {
    return documents < vectors / SINGLY_BELOW ? 1 : BLOCK;
  }

  /** Vectors in the segment. */
  int size() {
    return segment.size();
  }

  /**
   * Finds the vectors that cannot be ruled out without comparing them.
   *
   * @param first ordinal to begin with
   * @param count adjacent ones to look at, at most {@link #BLOCK}
   * @param into receives ordinals in ascending order
   * @return how many
   */
  int candidates(int first, int count, int[] into) throws IOException {
    interrupt.run();
    int left = count;
    // Estimates come by the block: too dear for a single vector.
    LikelyMatches estimates = fast && count > 1 ? estimates() : null;
    long[] outstanding = null;
    boolean few = false;
    missesPerMatch = 0;
    missesPerVector = 0;
    if (estimates != null && estimatesWorth.ask(count)) {
      left = estimates.candidates(first, count, into);
      outstanding = estimates.outstanding();
      few = estimates.few();
      missesPerVector = estimates.missedPerVector();
      estimatesWorth.learn(count, left);
    } else {
      for (int i = 0; i < count; i++) {
        into[i] = first + i;
      }
    }
    if (bounds != null && few == false && boundsWorth.ask(left)) {
      int given = left;
      // Where it is not known that matches are common, the best few may be all there is to lose.
      boolean likely = estimates != null && estimates.common();
      left = bounds.ruleOut(first, into, given, outstanding, likely);
      boundsWorth.learn(given, left);
      missesPerMatch = likely ? MISSES_OF_BOUNDS : 0;
    }
    counts.skip(count - left);
    return left;
  }

  /** Null where there is nothing to estimate from, or hardly any vectors. */
  private LikelyMatches estimates() throws IOException {
    if (estimatesPrepared == false) {
      likely = LikelyMatches.of(segment, codes, scorer, bounds, minScore);
      estimatesPrepared = true;
    }
    return likely;
  }

  /** Whether {@link #asked} has something to count. */
  boolean mayMiss() {
    return missesPerVector > 0;
  }

  /** Counts what is expected to be lost of vectors that {@link #candidates} last looked at. */
  void asked(int vectors) {
    counts.miss(missesPerVector * vectors);
  }

  /** Whether a vector is similar enough, by comparing it at full precision. */
  boolean matches(int ord) throws IOException {
    score = scorer.score(ord);
    boolean matches = score >= minScore;
    verified(1, matches ? 1 : 0);
    return matches;
  }

  /** Asks for more from now on, or as much as before. */
  void raise(float least) {
    if (least > minScore) {
      minScore = least;
      estimatesWorth.reset();
      boundsWorth.reset();
      if (bounds != null) {
        bounds.setMinScore(least);
      }
      if (likely != null) {
        likely.raise(least);
      }
    }
  }

  /**
   * Compares vectors at full precision.
   *
   * @param ords ascending; on return the first are those that are similar enough
   * @param scores on return theirs
   * @return how many are
   */
  int matches(int[] ords, int count, float[] scores) throws IOException {
    scorer.score(ords, count, scores);
    int matches = 0;
    for (int i = 0; i < count; i++) {
      if (scores[i] >= minScore) {
        ords[matches] = ords[i];
        scores[matches++] = scores[i];
      }
    }
    verified(count, matches);
    return matches;
  }

  private void verified(int count, int matches) {
    counts.verify(count, matches, segment.field());
    if (missesPerMatch > 0 && matches > 0) {
      counts.miss(missesPerMatch * matches);
    }
  }

  /** The score of the vector that {@link #matches} was last asked about. */
  float score() {
    return score;
  }
}
