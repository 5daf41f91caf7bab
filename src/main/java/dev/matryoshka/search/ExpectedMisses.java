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

import dev.matryoshka.search.Regression.Line;

/**
 * How many of some candidates are expected to be wanted, given what is known of each: a score that
 * a line turns into the expected one, with normally distributed deviations. Candidates are counted
 * by how many deviations they lack, to an eighth of one. Not thread-safe.
 */
final class ExpectedMisses {

  /** Scores that differ by no more are ties, which are no loss. */
  private static final double TIE = 1e-6;

  /**
   * Chance of being wanted at which a candidate is scored even if few enough are expected to be
   * missing already. Searches that are easy go on a little for it, which finds more on average than
   * the same work does elsewhere; measured in docs/experiments.md.
   */
  private static final double WORTH_A_SCORE = 0.05;

  private static final int FARTHEST = 8;
  private static final int BINS_PER_DEVIATION = 8;
  private static final double[] PROBABILITIES = new double[2 * FARTHEST * BINS_PER_DEVIATION];

  static {
    for (int bin = 0; bin < PROBABILITIES.length; bin++) {
      PROBABILITIES[bin] = NormalTail.above((bin + 0.5) / BINS_PER_DEVIATION - FARTHEST);
    }
  }

  private final double scale;
  private final double offset;
  private final Regression known;
  private final float least;
  private final double[] counts = new double[PROBABILITIES.length];

  /**
   * @param line what scores say
   * @param margin factor of the line's deviations
   * @param least what wanted candidates exceed; negative infinity where all are wanted
   */
  ExpectedMisses(Line line, double margin, float least) {
    this(line, margin, least, null);
  }

  /**
   * The same where candidates with a score that has been seen are copies of the vector that had it,
   * so that it is known whether they are wanted.
   *
   * @param known points that have been seen; null for none
   */
  ExpectedMisses(Line line, double margin, float least, Regression known) {
    this.known = known;
    this.least = least;
    double deviation = Math.max(margin * Math.sqrt(line.variance()), Float.MIN_NORMAL);
    double tie = Float.isInfinite(least) ? 0 : TIE * Math.abs(least);
    double needed = least + tie - line.intercept();
    // In bins: how far the expected score is below the least one.
    scale = -line.slope() / deviation * BINS_PER_DEVIATION;
    offset = needed / deviation * BINS_PER_DEVIATION + FARTHEST * BINS_PER_DEVIATION;
  }

  /** How much a candidate with such a score lacks: the less, the more promising it is. */
  int bin(double score) {
    float same = known == null ? Float.NaN : known.known((float) score);
    if (Float.isNaN(same) == false) {
      return same > least ? 0 : PROBABILITIES.length - 1;
    }
    return (int) Math.clamp(offset + scale * score, 0, PROBABILITIES.length - 1);
  }

  /** Counts candidates that have the same score; returns their bin, which a byte can hold. */
  int add(double score, double count) {
    int bin = bin(score);
    counts[bin] += count;
    return bin;
  }

  /** The expected number of wanted ones among those counted. */
  double sum() {
    double sum = 0;
    for (int bin = 0; bin < counts.length; bin++) {
      sum += counts[bin] * PROBABILITIES[bin];
    }
    return sum;
  }

  /** How many of the most promising ones to look at, so that among the rest few are expected. */
  int needed(double allowed) {
    double rest = 0;
    for (int bin = counts.length - 1; bin >= 0; bin--) {
      rest += counts[bin] * PROBABILITIES[bin];
      if (rest > allowed) {
        double needed = 0;
        for (int i = 0; i <= bin; i++) {
          needed += counts[i];
        }
        return (int) Math.ceil(needed);
      }
    }
    return 0;
  }

  /**
   * The least work after which few wanted ones are expected among those that are not estimated and
   * those that are not scored, and none of them promises much: whatever promises most for what it
   * costs comes first.
   *
   * @param price of scoring one, in estimates
   */
  static Work leastWork(
      ExpectedMisses unestimated, ExpectedMisses unscored, double allowed, double price) {
    double rest = unestimated.sum() + unscored.sum();
    double estimates = 0;
    double scores = 0;
    int scoredBins = 0;
    for (int bin = 0; bin < PROBABILITIES.length; bin++) {
      if (rest <= allowed && price * PROBABILITIES[bin] < WORTH_A_SCORE) {
        break;
      }
      estimates += unestimated.counts[bin];
      rest -= unestimated.counts[bin] * PROBABILITIES[bin];
      while (scoredBins < PROBABILITIES.length
          && (PROBABILITIES[scoredBins] >= price * PROBABILITIES[bin]
              || bin == PROBABILITIES.length - 1)) {
        scores += unscored.counts[scoredBins];
        rest -= unscored.counts[scoredBins] * PROBABILITIES[scoredBins];
        scoredBins++;
      }
    }
    return new Work((int) Math.ceil(estimates), (int) Math.ceil(scores));
  }

  /** How many more to estimate, and how many more to score. */
  record Work(int estimates, int scores) {}

  /** The bin up to which there are so many, or as many as were counted. */
  int binOf(int count) {
    int bin = 0;
    for (double sum = counts[0]; sum < count && bin < counts.length - 1; sum += counts[bin]) {
      bin++;
    }
    return bin;
  }
}
