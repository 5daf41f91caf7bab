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
package dev.matryoshka.codec;

/**
 * What the remainders of vectors add to inner products with one query, by those of vectors whose
 * products are known: in proportion to the remainder's length, which makes vectors comparable.
 * Cauchy and Schwarz allow for the length of the query's own remainder; among hundreds of
 * dimensions nothing comes near it, except for a vector that is nearly the query. Not thread-safe.
 */
final class ObservedRemainders {

  /**
   * Standard deviations above the average that are allowed for; measured in docs/experiments.md.
   */
  private static final double DEVIATIONS = 6;

  /** Vectors that must have been observed. */
  private static final int ENOUGH = 64;

  private final int[] counts;
  private final double[] sums;
  private final double[] squares;

  ObservedRemainders(int levels) {
    this(new int[levels], new double[levels], new double[levels]);
  }

  private ObservedRemainders(int[] counts, double[] sums, double[] squares) {
    this.counts = counts;
    this.sums = sums;
    this.squares = squares;
  }

  ObservedRemainders copy() {
    return new ObservedRemainders(counts.clone(), sums.clone(), squares.clone());
  }

  /**
   * Takes a vector into account, unless nothing follows from it.
   *
   * @param product what the remainder adds to the inner product
   * @param length that of the remainder
   */
  void add(int level, double product, double length) {
    double perLength = product / length;
    if (Double.isFinite(perLength)) {
      counts[level]++;
      sums[level] += perLength;
      squares[level] += perLength * perLength;
    }
  }

  /** Whether enough vectors have been observed. */
  boolean enough(int level) {
    return counts[level] >= ENOUGH;
  }

  /**
   * How much a remainder of length 1 adds at most, in all likelihood.
   *
   * @param leastDeviation what is taken for the standard deviation where that observed is less, as
   *     when many vectors are equal
   */
  double most(int level, double leastDeviation) {
    double average = sums[level] / counts[level];
    double variance = Math.max(0, squares[level] / counts[level] - average * average);
    return average + DEVIATIONS * Math.max(leastDeviation, Math.sqrt(variance));
  }
}
