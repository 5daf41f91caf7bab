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
 * The upper tail of the normal distribution and its inverse, to within a sixth of the probability
 * up to four standard deviations, and a twentieth up to two (Lin, "Approximating the normal tail
 * probability and its inverse for use on a pocket calculator", 1989). Stateless.
 */
final class NormalTail {

  private static final double LINEAR = 0.717;
  private static final double SQUARE = 0.416;

  private NormalTail() {}

  /** The probability that a normal deviate exceeds a value. */
  static double above(double z) {
    return z < 0 ? 1 - above(-z) : 0.5 * Math.exp(-LINEAR * z - SQUARE * z * z);
  }

  /** The value that a normal deviate exceeds with a probability above 0 and below 1. */
  static double exceededBy(double probability) {
    if (probability > 0.5) {
      return -exceededBy(1 - probability);
    }
    double log = Math.log(2 * probability);
    return (Math.sqrt(LINEAR * LINEAR - 4 * SQUARE * log) - LINEAR) / (2 * SQUARE);
  }
}
