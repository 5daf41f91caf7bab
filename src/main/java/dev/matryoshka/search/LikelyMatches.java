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

import dev.matryoshka.binary.HammingKernels;
import dev.matryoshka.codec.BlockEstimates;
import dev.matryoshka.codec.BoundScan;
import dev.matryoshka.codec.CandidateKeys;
import dev.matryoshka.codec.QueryCode;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.util.LongHeap;

/**
 * Leaves out vectors of a segment that are unlikely to be similar enough, by their estimates. How
 * far these are from the truth is measured for each query and segment on some of the vectors with
 * the highest ones: the least-squares line of scores over estimates, and the deviation from it.
 * With how estimates are distributed, these tell how many matches to expect at each of them; the
 * lowest are left out, up to where too many would be lost.
 *
 * <p>Vectors that are nearly the query are like it in what their codes know nothing of too, which
 * for others averages out, so that estimates fall short of them by more than the sample shows: the
 * very best estimates are never left out.
 *
 * <p>What is expected to be lost follows in the same way, if deviations are normal. Not
 * thread-safe.
 */
final class LikelyMatches {

  /** The share of the matches that may be left out; measured in docs/experiments.md. */
  private static final double LOSS = 0.0003;

  /** What deviations are taken for, by what they are: large ones are not as rare as normal ones. */
  private static final double TAILS = 1.2;

  /**
   * Vectors with estimates this far from the average, in standard deviations of all, are never left
   * out: they are so few that it would save nothing, and where a similarity is rarer than that,
   * estimates may be off by any number of deviations.
   */
  private static final double FEW = 2.5;

  /** The share of matches above which they are like the vectors of the sample. */
  private static final double COMMON = 0.001;

  /**
   * A level of bounds is prepared by projecting the query, which takes as long as comparing about
   * as many vectors as the level has rows, but on one thread: not for fewer vectors than this for
   * each.
   */
  private static final int VECTORS_PER_ROW = 4;

  /** Segments of fewer vectors are compared in no time. */
  private static final int MIN_VECTORS = 10_000;

  /** Blocks to draw the sample from. */
  private static final int SAMPLED_BLOCKS = 16;

  private static final int MIN_SAMPLE = 160;
  private static final int MAX_SAMPLE = 512;

  /** One vector in so many is in the sample. */
  private static final int SAMPLE_SHARE = 512;

  private final SegmentView segment;
  private final BlockEstimates estimates;
  private Regression.Line line;
  private double deviation;
  private EstimateSample sample;
  private float leastEstimate;
  private float outstanding;
  private boolean common;
  private boolean few;
  private final long[] outstandingOnes = new long[BoundScan.BLOCK / Long.SIZE];
  private double missedPerVector;
  private final int[] hits = new int[BlockEstimates.BLOCK];
  private int hitsBlock = -1;
  private int hitCount;

  private LikelyMatches(SegmentView segment, BlockEstimates estimates) {
    this.segment = segment;
    this.estimates = estimates;
  }

  /** Whether there are codes, more than a few vectors, and all are estimated equally well. */
  static boolean possible(SegmentView segment) throws IOException {
    return segment.codes() != null
        && segment.size() >= MIN_VECTORS
        && segment.codes().errorsAlike();
  }

  /**
   * Prepares for a query.
   *
   * @return null where there are no codes, or hardly any vectors
   */
  static LikelyMatches of(
      SegmentView segment, QueryCodes queries, ExactScorer scorer, BoundScan bounds, float minScore)
      throws IOException {
    if (possible(segment) == false) {
      return null;
    }
    SegmentCodes codes = segment.codes();
    QueryCode query = queries.of(codes);
    BlockEstimates estimates = new BlockEstimates(codes, query);
    LikelyMatches matches = new LikelyMatches(segment, estimates);
    Compared compared = matches.calibrate(query, scorer);
    matches.raise(minScore);
    matches.few =
        bounds != null
            && matches.sample.above(matches.leastEstimate) * segment.size()
                < (double) VECTORS_PER_ROW * bounds.firstRows();
    if (bounds != null && matches.common && matches.few == false) {
      // Otherwise bounds are proofs, which need not know what is likely.
      for (int i = 0; i < compared.ords.length; i++) {
        bounds.observe(compared.ords[i], compared.scores[i], compared.ords[i].length);
      }
    }
    return matches;
  }

  /** The same for another thread. */
  LikelyMatches fork() throws IOException {
    LikelyMatches fork = new LikelyMatches(segment, estimates.fork());
    fork.line = line;
    fork.deviation = deviation;
    fork.sample = sample;
    fork.leastEstimate = leastEstimate;
    fork.outstanding = outstanding;
    fork.common = common;
    fork.few = few;
    fork.missedPerVector = missedPerVector;
    return fork;
  }

  /**
   * Draws blocks, and compares their best vectors both ways.
   *
   * @return what was compared, a row for each block
   */
  private Compared calibrate(QueryCode query, ExactScorer scorer) throws IOException {
    int blocks = estimates.blocks();
    int every = Math.max(1, blocks / SAMPLED_BLOCKS);
    int drawn = (blocks - every / 2 + every - 1) / every;
    int perBlock = Math.clamp(segment.size() / SAMPLE_SHARE, MIN_SAMPLE, MAX_SAMPLE) / drawn + 1;
    Regression regression = new Regression();
    LongHeap best = new LongHeap(perBlock);
    Compared compared = new Compared(new int[drawn][], new float[drawn][]);
    float[] seen = new float[drawn * BlockEstimates.BLOCK];
    int seenCount = 0;
    for (int d = 0; d < drawn; d++) {
      int block = every / 2 + d * every;
      float[] ofBlock = estimates.of(block);
      int count = estimates.count(block);
      System.arraycopy(ofBlock, 0, seen, seenCount, count);
      seenCount += count;
      best.clear();
      for (int lane = 0; lane < count; lane++) {
        // The heap keeps the greatest, and the best keys are the least.
        best.insertWithOverflow(~CandidateKeys.of(ofBlock[lane], lane));
      }
      int[] ords = new int[best.size()];
      float[] scores = new float[ords.length];
      for (int i = 0; i < ords.length; i++) {
        ords[i] = block * BlockEstimates.BLOCK + CandidateKeys.doc(~best.get(i + 1));
      }
      scorer.score(ords, ords.length, scores);
      for (int i = 0; i < ords.length; i++) {
        regression.add(ofBlock[ords[i] % BlockEstimates.BLOCK], linear(scores[i]));
      }
      compared.ords[d] = ords;
      compared.scores[d] = scores;
    }
    sample = new EstimateSample(seen, seenCount);
    SegmentCodes codes = segment.codes();
    line = regression.line().deviatingBy(codes.leastError(query, codes.levels().length - 1));
    deviation = TAILS * Math.max(Math.sqrt(line.variance()), Float.MIN_NORMAL);
    return compared;
  }

  private record Compared(int[][] ords, float[][] scores) {}

  /** A score on the scale of estimates. */
  private double linear(float score) {
    return Similarities.estimateOfScore(segment.similarity(), score);
  }

  /** Looks for at least this score from now on. */
  void raise(float score) {
    double minScore = linear(score);
    double slope = Math.max(0, line.slope()) / deviation;
    double lacking = (minScore - line.intercept()) / deviation;
    double matching = sample.matching(lacking, slope);
    common = matching >= COMMON;
    outstanding = (float) sample.at(FEW);
    double least = Math.min(outstanding, sample.limit(LOSS * matching, lacking, slope));
    leastEstimate = (float) least;
    missedPerVector = sample.matchingBelow(least, lacking, slope);
    hitsBlock = -1;
  }

  /** Matches to expect among those left out, for each vector looked at. */
  double missedPerVector() {
    return missedPerVector;
  }

  /** Whether so few vectors are left that all are compared sooner than bounds are prepared. */
  boolean few() {
    return few;
  }

  /** Whether so many vectors match that they are like the sample; bounds are proofs otherwise. */
  boolean common() {
    return common;
  }

  /**
   * Bits of the vectors last looked at, set where the estimate is one of the highest, and for all
   * where matches are so rare that they may be unlike the sample.
   */
  long[] outstanding() {
    return outstandingOnes;
  }

  /**
   * Finds the vectors that may match.
   *
   * @param first ordinal to begin with
   * @param count adjacent ones to look at
   * @param into receives ordinals in ascending order
   * @return how many
   */
  int candidates(int first, int count, int[] into) throws IOException {
    int found = 0;
    int end = first + count;
    Arrays.fill(outstandingOnes, common ? 0 : -1L);
    for (int from = first; from < end; ) {
      int block = from / BlockEstimates.BLOCK;
      int start = block * BlockEstimates.BLOCK;
      int to = Math.min(end, start + BlockEstimates.BLOCK);
      if (block != hitsBlock) {
        hitCount =
            HammingKernels.INSTANCE.select(
                estimates.of(block), estimates.count(block), leastEstimate, hits);
        hitsBlock = block;
      }
      float[] ofBlock = estimates.of(block);
      int at = Arrays.binarySearch(hits, 0, hitCount, from - start);
      for (int i = at < 0 ? -at - 1 : at; i < hitCount && start + hits[i] < to; i++) {
        int ord = start + hits[i];
        into[found++] = ord;
        if (ofBlock[hits[i]] >= outstanding) {
          outstandingOnes[ord - first >> 6] |= 1L << (ord - first);
        }
      }
      from = to;
    }
    return found;
  }
}
