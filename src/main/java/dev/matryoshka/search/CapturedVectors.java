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
import org.apache.lucene.index.FloatVectorValues;

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

  /** {@link CandidateKeys} of coarse scores and indices; the first ones are estimated. */
  private final long[] order;

  private final long worst;
  private final long median;
  private int estimated;
  private final float[] estimates;
  private long[] pending;
  private int pendingCount;
  private final boolean[] scored;
  private int scoredCount;

  /**
   * Takes what a scan has just left.
   *
   * @param estimate how to estimate
   * @param full how to score
   */
  CapturedVectors(
      SegmentSearch search,
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
    this.order = new long[candidates.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = CandidateKeys.of(candidates.score(i), i);
    }
    this.pending = new long[Math.min(order.length, EXPECTED)];
    this.estimates = new float[order.length];
    this.scored = new boolean[order.length];
    int half = (order.length + 1) / 2;
    CandidateKeys.select(order, order.length, half);
    this.median = half == 0 ? 0 : order[half - 1];
    long last = median;
    for (int i = half; i < order.length; i++) {
      last = Math.max(last, order[i]);
    }
    this.worst = last;
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

  /** The estimate of one of them, as a score. */
  float pendingEstimate(int i) {
    return CandidateKeys.score(pending[i]);
  }

  /** The coarse score of one of those that are not estimated, from 0. */
  float unestimated(int i) {
    return CandidateKeys.score(order[estimated + i]);
  }

  /** The worst coarse score of all, of which there is at least one. */
  float worst() {
    return CandidateKeys.score(worst);
  }

  /** The worst coarse score of the better half. */
  float median() {
    return CandidateKeys.score(median);
  }

  /** Declares what the scan left to be scored, as it is in segments that are searched exactly. */
  void allScored() {
    estimated = order.length;
    scoredCount = order.length;
    for (int i = 0; i < order.length; i++) {
      estimates[i] = candidates.score(i);
      scored[i] = true;
    }
  }

  /** Declares the scores of the scan to be estimates, as they are where that is the first stage. */
  void allEstimated() {
    pending = Arrays.copyOf(pending, pendingCount + order.length - estimated);
    for (; estimated < order.length; estimated++) {
      estimates[CandidateKeys.doc(order[estimated])] = CandidateKeys.score(order[estimated]);
      pending[pendingCount++] = order[estimated];
    }
  }

  /** Estimates so many more, or all that are left. */
  void estimate(int count) throws IOException {
    int end = Math.min(order.length, estimated + count);
    CandidateKeys.select(order, estimated, order.length, end - estimated);
    int[] indices = indices(order, estimated, end);
    float[] coarse = new float[indices.length];
    for (int i = 0; i < indices.length; i++) {
      coarse[i] = candidates.score(indices[i]);
    }
    search.rescore(estimate, indices, indices.length);
    if (pending.length < pendingCount + indices.length) {
      pending = Arrays.copyOf(pending, 2 * (pendingCount + indices.length));
    }
    for (int i = 0; i < indices.length; i++) {
      float score = candidates.score(indices[i]);
      estimates[indices[i]] = score;
      estimateByCoarse.add(coarse[i], score);
      pending[pendingCount++] = CandidateKeys.of(score, indices[i]);
    }
    estimated = end;
  }

  /** Scores so many more of those that are estimated, or all that are left. */
  void score(int count) throws IOException {
    int end = Math.min(pendingCount, count);
    CandidateKeys.select(pending, 0, pendingCount, end);
    int[] indices = indices(pending, 0, end);
    search.rescore(full, indices, end);
    for (int i = 0; i < end; i++) {
      scoreByEstimate.add(estimates[indices[i]], candidates.score(indices[i]));
      scored[indices[i]] = true;
    }
    scoredCount += end;
    pendingCount -= end;
    System.arraycopy(pending, end, pending, 0, pendingCount);
  }

  /** In ascending order, so that files are read forwards. */
  private static int[] indices(long[] keys, int from, int to) {
    int[] indices = new int[to - from];
    for (int i = from; i < to; i++) {
      indices[i - from] = CandidateKeys.doc(keys[i]);
    }
    Arrays.sort(indices);
    return indices;
  }

  /**
   * Goes on where others stopped.
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
    boolean[] done = new boolean[size()];
    for (int i = 0; i < before.estimated; i++) {
      int index = CandidateKeys.doc(before.order[i]);
      done[now[index]] = true;
      candidates.setScore(now[index], before.candidates.score(index));
      estimates[now[index]] = before.estimates[index];
      scored[now[index]] = before.scored[index];
    }
    // The coarse order is the same, and its first are estimated.
    for (int i = 0; i < order.length; i++) {
      if (done[CandidateKeys.doc(order[i])]) {
        long key = order[i];
        order[i] = order[estimated];
        order[estimated++] = key;
      }
    }
    scoredCount = before.scoredCount;
    pendingCount = before.pendingCount;
    pending = new long[before.pending.length];
    for (int i = 0; i < pendingCount; i++) {
      long key = before.pending[i];
      pending[i] = CandidateKeys.of(CandidateKeys.score(key), now[CandidateKeys.doc(key)]);
    }
  }

  /** Keys of all that are scored, with documents numbered as in the whole searcher. */
  long[] scored(By by) throws IOException {
    return keys(by, scored, scoredCount);
  }

  /** Keys of all that are at least estimated. */
  long[] estimated(By by) throws IOException {
    return keys(by, null, estimated);
  }

  private long[] keys(By by, boolean[] which, int count) throws IOException {
    FloatVectorValues values = search.segment().values();
    int docBase = search.segment().context().docBase;
    long[] keys = new long[count];
    for (int i = 0, at = 0; at < count; i++) {
      int index = CandidateKeys.doc(order[i]);
      if (which == null || which[index]) {
        float score =
            switch (by) {
              case COARSE -> CandidateKeys.score(order[i]);
              case ESTIMATE -> estimates[index];
              case SCORE -> candidates.score(index);
            };
        keys[at++] = CandidateKeys.of(score, docBase + values.ordToDoc(candidates.ord(index)));
      }
    }
    return keys;
  }

  /** Drops all that are not scored. */
  void retainScored() {
    candidates.retain(scored);
  }
}
