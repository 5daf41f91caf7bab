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

/**
 * How much of what exact search finds a search is to find on average: of a hundred documents that
 * belong to the answer it may miss {@code 100 · (1 - share)}. Immutable.
 *
 * @param share at least {@value #LEAST}, less than 1
 */
public record RecallTarget(double share) {

  /** The least recall that may be asked for. */
  public static final double LEAST = 0.5;

  /** What a search aims at that neither names a target nor spells out its stages. */
  public static final RecallTarget DEFAULT = new RecallTarget(0.99);

  // Measured, see docs/experiments.md.
  private static final double MARGIN_PER_NINE = 0.08;
  private static final double MOST_MARGIN = 1.1;

  /**
   * @throws IllegalArgumentException when the share is out of range or not a number
   */
  public RecallTarget {
    if ((share >= LEAST && share < 1) == false) {
      throw new IllegalArgumentException(
          "[target_recall] must be at least ["
              + LEAST
              + "] and less than [1] but was ["
              + share
              + "]");
    }
  }

  /**
   * What deviations from expectation are taken for, by what they are measured to be: more where
   * rare ones count, since these are not quite as rare as if they were distributed normally.
   */
  double margin() {
    return Math.clamp(1 + MARGIN_PER_NINE * Math.log10(0.1 / (1 - share)), 1, MOST_MARGIN);
  }

  /** Documents of the answer that may be missing on average. */
  double misses(int k) {
    return (1 - share) * k;
  }
}
