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
 * How far float arithmetic can be off, so that a bound can be widened by it. With u = 2⁻²⁴ half a
 * unit in the last place, a sum of products in which every number passes through at most n
 * roundings is off by at most {@code n·u / (1 - n·u)} times the sum of absolute products (Higham,
 * "Accuracy and Stability of Numerical Algorithms", 2002, section 3.1).
 */
final class Rounding {

  /** Half a unit in the last place of 1. */
  static final double UNIT = 0x1p-24;

  private Rounding() {}

  /** The factor for so many roundings. */
  static double of(int roundings) {
    return roundings * UNIT / (1 - roundings * UNIT);
  }

  /**
   * The factor for inner products, squares and squared distances by {@link
   * dev.matryoshka.binary.SimilarityKernels}: a component passes through at most one multiply-add
   * for each 8 components, or one for each of up to 15 that are left, then four halvings and the
   * last addition; three more cover the subtraction in a distance, and its square.
   */
  static double ofProducts(int dims) {
    return of(dims / 8 + 15 + 4 + 1 + 3);
  }
}
