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
package dev.matryoshka.audit;

import java.util.Arrays;

/**
 * What is worth knowing of many numbers. All are NaN where there is none.
 *
 * @param p5 the 5th percentile by nearest rank: one in twenty is no more than it
 */
public record Distribution(int count, double mean, double median, double p5, double min) {

  /** Summarises numbers, leaving out those that are NaN. */
  public static Distribution of(double[] values) {
    double[] sorted = Arrays.stream(values).filter(value -> value == value).sorted().toArray();
    if (sorted.length == 0) {
      return new Distribution(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    double p5 = sorted[(int) Math.ceil(0.05 * sorted.length) - 1];
    double mean = Arrays.stream(sorted).average().orElseThrow();
    return new Distribution(sorted.length, mean, median, p5, sorted[0]);
  }
}
