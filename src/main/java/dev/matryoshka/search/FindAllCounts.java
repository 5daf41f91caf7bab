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

import java.util.Locale;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * What one search for everything above a similarity has done so far, for profiles, and the limit to
 * it. Written by all threads of the search.
 */
final class FindAllCounts {

  private final LongAdder skipped = new LongAdder();
  private final LongAdder verified = new LongAdder();
  private final LongAdder matched = new LongAdder();
  private final DoubleAdder missed = new DoubleAdder();
  private final long limit;

  /**
   * @param limit most vectors that may be compared at full precision
   */
  FindAllCounts(long limit) {
    this.limit = limit;
  }

  /** Counts vectors left out without comparing them. */
  void skip(int count) {
    skipped.add(count);
  }

  /** Counts vectors that are expected to match among those left out. */
  void miss(double expected) {
    missed.add(expected);
  }

  /**
   * The share of the matches that is expected to have been found, 1 where nothing is lost; where
   * nothing was found, the chance that there was nothing to lose.
   */
  double expectedRecall() {
    double found = matched.sum();
    double lost = missed.sum();
    return found == 0 ? Math.exp(-lost) : found / (found + lost);
  }

  /**
   * Counts vectors compared at full precision.
   *
   * @throws IllegalArgumentException when the limit is passed
   */
  void verify(int count, int matches, String field) {
    verified.add(count);
    matched.add(matches);
    if (limit < Long.MAX_VALUE && verified.sum() > limit) {
      throw new IllegalArgumentException(
          "finding everything similar in field ["
              + field
              + "] takes more than the ["
              + limit
              + "] comparisons of whole vectors that ["
              + FindAllQuery.MAX_SCORED
              + "] allows in a shard; ask for a higher [similarity], add a [filter], or raise the"
              + " limit");
    }
  }

  /** All that has been done so far. */
  ExecutedFindAll executed(FindAllQuery.Mode mode) {
    return new ExecutedFindAll(
        mode == FindAllQuery.Mode.FAST, skipped.sum(), verified.sum(), expectedRecall());
  }

  long verified() {
    return verified.sum();
  }

  @Override
  public String toString() {
    return "skipped="
        + skipped
        + ", verified="
        + verified
        + ", matched="
        + matched
        + String.format(Locale.ROOT, ", expected_recall=%.5f", expectedRecall());
  }
}
