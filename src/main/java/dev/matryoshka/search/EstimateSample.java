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

/** How the estimates of a segment are distributed, by those of some of its vectors. Immutable. */
final class EstimateSample {

  private static final int BINS_PER_DEVIATION = 16;

  /** Standard deviations from the average on either side that have bins of their own. */
  private static final int FARTHEST = 4;

  private final double average;
  private final double deviation;
  private final int count;
  private final int[] bins = new int[2 * FARTHEST * BINS_PER_DEVIATION];

  /**
   * @param estimates of vectors drawn without regard to them
   * @param count how many, at least 1
   */
  EstimateSample(float[] estimates, int count) {
    // Two of each, since every addition waits for the one before it.
    double sum = 0;
    double otherSum = 0;
    double squares = 0;
    double otherSquares = 0;
    for (int i = 0; i + 1 < count; i += 2) {
      double estimate = estimates[i];
      double other = estimates[i + 1];
      sum += estimate;
      otherSum += other;
      squares += estimate * estimate;
      otherSquares += other * other;
    }
    if (count % 2 == 1) {
      double last = estimates[count - 1];
      sum += last;
      squares += last * last;
    }
    this.count = count;
    this.average = (sum + otherSum) / count;
    double variance = (squares + otherSquares) / count - average * average;
    this.deviation = Math.sqrt(Math.max(Float.MIN_NORMAL, variance));
    double perEstimate = BINS_PER_DEVIATION / deviation;
    double first = average - FARTHEST * deviation;
    for (int i = 0; i < count; i++) {
      double bin = (estimates[i] - first) * perEstimate;
      bins[(int) Math.clamp(bin, 0, bins.length - 1)]++;
    }
  }

  /** The estimate that is so many standard deviations from the average. */
  double at(double rarity) {
    return average + rarity * deviation;
  }

  /**
   * The expected share of all vectors that have what is looked for.
   *
   * @param lacking by how many standard deviations an estimate of 0 falls short of it
   * @param slope by how many less where an estimate is higher by 1
   */
  double matching(double lacking, double slope) {
    double matching = 0;
    for (int bin = 0; bin < bins.length; bin++) {
      matching += matching(bin, lacking, slope);
    }
    return matching;
  }

  /** The same for vectors with estimates below a limit. */
  double matchingBelow(double limit, double lacking, double slope) {
    double matching = 0;
    for (int bin = 0; bin < bins.length && upper(bin) <= limit; bin++) {
      matching += matching(bin, lacking, slope);
    }
    return matching;
  }

  /** The highest estimate below which no more than such a share of all is expected to match. */
  double limit(double share, double lacking, double slope) {
    double matching = 0;
    int bin = 0;
    for (; bin < bins.length; bin++) {
      matching += matching(bin, lacking, slope);
      if (matching > share) {
        break;
      }
    }
    return bin == 0 ? Double.NEGATIVE_INFINITY : upper(bin - 1);
  }

  /** The share of all vectors that have an estimate above a limit, or a little below it. */
  double above(double limit) {
    int above = 0;
    for (int bin = bins.length - 1; bin >= 0 && upper(bin) > limit; bin--) {
      above += bins[bin];
    }
    return (double) above / count;
  }

  private double matching(int bin, double lacking, double slope) {
    if (bins[bin] == 0) {
      return 0;
    }
    double middle = upper(bin) - deviation / (2 * BINS_PER_DEVIATION);
    return bins[bin] * NormalTail.above(lacking - slope * middle) / count;
  }

  private double upper(int bin) {
    return at((bin + 1.0) / BINS_PER_DEVIATION - FARTHEST);
  }
}
