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
package dev.matryoshka.bench;

import java.util.Arrays;
import java.util.Comparator;

/** Spearman's rank correlation of a ranking with a score. */
final class RankCorrelation {

  private RankCorrelation() {}

  /**
   * How well the order of an array agrees with descending values: 1 when they descend, -1 when they
   * ascend.
   */
  static double spearman(double[] values) {
    int n = values.length;
    Integer[] byValue = new Integer[n];
    Arrays.setAll(byValue, i -> i);
    Arrays.sort(byValue, Comparator.comparingDouble(i -> -values[i]));
    double squares = 0;
    for (int rank = 0; rank < n; rank++) {
      double difference = rank - byValue[rank];
      squares += difference * difference;
    }
    return 1 - 6 * squares / ((double) n * ((double) n * n - 1));
  }
}
