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
package dev.matryoshka.bench.peers;

import java.util.Arrays;

/** Measured values. Immutable. */
final class Sample {

  private final double[] ascending;

  /** Takes values, of which those that are not numbers do not count. */
  Sample(double[] values) {
    ascending = Arrays.stream(values).filter(value -> Double.isNaN(value) == false).toArray();
    Arrays.sort(ascending);
  }

  double mean() {
    return Arrays.stream(ascending).average().orElse(Double.NaN);
  }

  double median() {
    return percentile(50);
  }

  /** The smallest value that so many percent of all do not exceed. */
  double percentile(int percent) {
    if (ascending.length == 0) {
      return Double.NaN;
    }
    int rank = (int) Math.ceil(ascending.length * percent / 100.0);
    return ascending[Math.max(1, rank) - 1];
  }
}
