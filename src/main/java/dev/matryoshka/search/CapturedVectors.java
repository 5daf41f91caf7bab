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
import org.apache.lucene.util.ArrayUtil;

/**
 * The vectors of one segment that the first stage captured, and how far each has come: captured
 * only, estimated, or scored at full precision. The nearest are estimated first, those with the
 * best estimates scored first, ties to the lowest ordinal. For one thread at a time.
 */
final class CapturedVectors {

  /** An easy query estimates no more. */
  private static final int EXPECTED = 1024;

  private final SegmentSearch search;
  private final Stage estimate;
  private final Stage full;
  private final Candidates candidates;

  /** What vectors are ranked by. */
  enum By {
    /** The first stage's score. */
    COARSE,
    /** Their estimates; scores where a segment is searched exactly. */
    ESTIMATE,
    /** Their scores at full precision. */
    SCORE
  }

  /** Points (coarse score, estimate). */
  private final Regression estimateByCoarse;

  /** Points (estimate, score at full precision). */
  private final Regression scoreByEstimate;

  private final float[] coarse;

  /** Indices of candidates, by coarse score where that matters; the first ones are estimated. */
  private final int[] order;

  private int estimated;
  private final float[] estimates;

  /** {@link CandidateKeys} of estimates and indices. */
  private long[] pending;

  private int pendingCount;

  /** Of the pending ones, where {@link #addPending} has counted them. */
  private byte[] bins = new byte[0];

  private final boolean[] scored;

  /** Indices of those that are scored, in the order in which they were. */
  private int[] scoredOnes;

  private int scoredCount;

  /** Those that are next, for a moment. */
  private final boolean[] marks;

  /**
   * Takes what a scan has just left.
   *
   * @param ranked whether coarse scores tell what to estimate first
   * @param estimate how to estimate
   * @param full how to score
   */
  CapturedVectors(
      SegmentSearch search,
      boolean ranked,
      Stage estimate,
      Stage full,
      Regression estimateByCoarse,
      Regression scoreByEstimate) {
    this.search = search;
    this.estimate = estimate;
    this.full = full;
    this.candidates = search.candidates();
    this.estimateByCoarse = estimateByCoarse;
    this.scoreByEstimate = scoreByEstimate;
    this.coarse = candidates.scores();
    this.order = ranked ? CoarseOrder.of(coarse) : unranked(coarse.length);
    this.pending = new long[Math.min(order.length, EXPECTED)];
    this.estimates = new float[order.length];
    this.scored = new boolean[order.length];
    this.scoredOnes = new int[Math.min(order.length, EXPECTED)];
    this.marks = new boolean[order.length];
  }

  int size() {
    return order.length;
  }

  int estimatedCount() {
    return estimated;
  }

  int scoredCount() {
    return scoredCount;
  }

  /** Estimated ones that are not scored. */
  int pendingCount() {
    return pendingCount;
  }

  /** Counts those that are not estimated. */
  void addUnestimated(ExpectedMisses misses) {
    for (int i = estimated; i < order.length; ) {
      float score = coarse[order[i]];
      int from = i;
      while (i < order.length && coarse[order[i]] == score) {
        i++;
      }
      misses.add(score, i - from);
    }
  }

  /** Counts those that are estimated, but not scored. */
  void addPending(ExpectedMisses misses) {
    bins = ArrayUtil.growNoCopy(bins, pendingCount);
    for (int i = 0; i < pendingCount; i++) {
      bins[i] = (byte) misses.add(CandidateKeys.score(pending[i]), 1);
    }
  }

  private static int[] unranked(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    return order;
  }

  /**
   * The distribution of what was captured for its coarse score; there is at least one.
   *
   * @return the worst score of the better half, and the worst of all
   */
  float[] medianAndWorst() {
    int kept = Math.min(order.length, estimate.keep());
    long[] keys = new long[order.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = CandidateKeys.of(coarse[i], i);
    }
    CandidateKeys.select(keys, keys.length, kept);
    float worst = CandidateKeys.score(keys[kept - 1]);
    int half = (kept + 1) / 2;
    CandidateKeys.select(keys, kept, half);
    return new float[] {CandidateKeys.score(keys[half - 1]), worst};
  }

  /** Declares what the scan left to be scored, as it is in segments that are searched exactly. */
  void allScored() {
    estimated = order.length;
    for (int i = 0; i < order.length; i++) {
      estimates[i] = coarse[i];
      addScored(i);
    }
  }

  /** Declares the scores of the scan to be estimates, as they are where that is the first stage. */
  void allEstimated() {
    pending = Arrays.copyOf(pending, pendingCount + order.length - estimated);
    for (; estimated < order.length; estimated++) {
      int index = order[estimated];
      estimates[index] = coarse[index];
      if (scored[index] == false) {
        pending[pendingCount++] = CandidateKeys.of(coarse[index], index);
      }
    }
  }

  /** Estimates so many more, or all that are left. */
  void estimate(int count) throws IOException {
    int end = Math.min(order.length, estimated + count);
    for (int i = estimated; i < end; i++) {
      marks[order[i]] = true;
    }
    int[] indices = takeMarked(end - estimated);
    search.rescore(estimate, indices, indices.length);
    if (pending.length < pendingCount + indices.length) {
      pending = Arrays.copyOf(pending, 2 * (pendingCount + indices.length));
    }
    for (int index : indices) {
      estimates[index] = candidates.score(index);
      estimateByCoarse.add(coarse[index], estimates[index]);
      pending[pendingCount++] = CandidateKeys.of(estimates[index], index);
    }
    estimated = end;
  }

  /** Scores so many of those with the best estimates, or all that are left. */
  void scoreBest(int count) throws IOException {
    int end = Math.min(pendingCount, count);
    CandidateKeys.select(pending, 0, pendingCount, end);
    for (int i = 0; i < end; i++) {
      marks[CandidateKeys.doc(pending[i])] = true;
    }
    System.arraycopy(pending, end, pending, 0, pendingCount - end);
    pendingCount -= end;
    scoreMarked(end);
  }

  /** Scores those that are promising enough, as they were counted last, up to a number. */
  void scorePromising(int bin, int most) throws IOException {
    int left = 0;
    int count = 0;
    for (int i = 0; i < pendingCount; i++) {
      if (count < most && bins[i] <= bin) {
        marks[CandidateKeys.doc(pending[i])] = true;
        count++;
      } else {
        pending[left++] = pending[i];
      }
    }
    pendingCount = left;
    scoreMarked(count);
  }

  private void scoreMarked(int count) throws IOException {
    int[] indices = takeMarked(count);
    search.rescore(full, indices, count);
    for (int index : indices) {
      scoreByEstimate.add(estimates[index], candidates.score(index));
      addScored(index);
    }
  }

  private void addScored(int index) {
    scored[index] = true;
    scoredOnes = ArrayUtil.grow(scoredOnes, scoredCount + 1);
    scoredOnes[scoredCount++] = index;
  }

  /** In ascending order, so that files are read forwards. */
  private int[] takeMarked(int count) {
    int[] indices = new int[count];
    for (int i = 0, at = 0; at < count; i++) {
      if (marks[i]) {
        indices[at++] = i;
        marks[i] = false;
      }
    }
    return indices;
  }

  /**
   * Goes on where others stopped, both ranked.
   *
   * @param before captured by a narrower scan, so that all of them are among these
   */
  void resume(CapturedVectors before) {
    int[] now = new int[before.size()];
    for (int i = 0, at = 0; i < now.length; i++) {
      while (candidates.ord(at) != before.candidates.ord(i)) {
        at++;
      }
      now[i] = at;
    }
    for (int i = 0; i < before.estimated; i++) {
      int index = before.order[i];
      candidates.setScore(now[index], before.candidates.score(index));
      estimates[now[index]] = before.estimates[index];
    }
    for (int i = 0; i < before.scoredCount; i++) {
      addScored(now[before.scoredOnes[i]]);
    }
    // The coarse order is the same, and its first are estimated.
    estimated = before.estimated;
    pendingCount = before.pendingCount;
    pending = new long[before.pending.length];
    for (int i = 0; i < pendingCount; i++) {
      long key = before.pending[i];
      pending[i] = CandidateKeys.of(CandidateKeys.score(key), now[CandidateKeys.doc(key)]);
    }
  }

  /**
   * How many of those that are scored have at least such a score, but one of the lower estimates.
   */
  int lateHits(float least) {
    long[] keys = new long[scoredCount];
    int hits = 0;
    for (int i = 0; i < keys.length; i++) {
      int index = scoredOnes[i];
      hits += candidates.score(index) >= least ? 1 : 0;
      keys[i] = CandidateKeys.of(estimates[index], index);
    }
    if (hits == 0) {
      return 0;
    }
    int half = (keys.length + 1) / 2;
    CandidateKeys.select(keys, keys.length, half);
    float median = CandidateKeys.score(keys[half - 1]);
    int late = 0;
    for (int i = 0; i < scoredCount; i++) {
      int index = scoredOnes[i];
      late += candidates.score(index) >= least && estimates[index] < median ? 1 : 0;
    }
    return late;
  }

  /** Ordinals of all that are scored, ascending. */
  int[] scoredOrdinals() {
    int[] ords = new int[scoredCount];
    for (int i = 0, at = 0; at < ords.length; i++) {
      if (scored[i]) {
        ords[at++] = candidates.ord(i);
      }
    }
    return ords;
  }

  /**
   * Takes over scores.
   *
   * @param before captured in another way; what it scored is among these
   */
  void resumeScored(CapturedVectors before) {
    for (int i = 0, at = 0; i < before.size(); i++) {
      if (before.scored[i]) {
        while (candidates.ord(at) != before.candidates.ord(i)) {
          at++;
        }
        candidates.setScore(at, before.candidates.score(i));
        addScored(at);
      }
    }
  }

  /** Keys of all that are scored, with documents numbered as in the whole searcher. */
  long[] scored(By by) throws IOException {
    return keys(by, scoredOnes, scoredCount);
  }

  /** Keys of all that are at least estimated. */
  long[] estimated(By by) throws IOException {
    return keys(by, order, estimated);
  }

  private long[] keys(By by, int[] indices, int count) throws IOException {
    long[] keys = new long[count];
    for (int i = 0; i < count; i++) {
      int index = indices[i];
      float score =
          switch (by) {
            case COARSE -> coarse[index];
            case ESTIMATE -> estimates[index];
            case SCORE -> candidates.score(index);
          };
      keys[i] = CandidateKeys.of(score, search.doc(candidates.ord(index)));
    }
    return keys;
  }

  /** Drops all that are not scored. */
  void retainScored() {
    candidates.retain(scored);
  }
}
