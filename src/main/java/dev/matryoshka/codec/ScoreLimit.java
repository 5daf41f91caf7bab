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

import org.apache.lucene.index.VectorSimilarityFunction;

/**
 * The least true inner product with which a vector of a length can have at least a given score: the
 * reverse of Lucene's way from similarities to scores, with all its roundings, and those of the
 * similarity itself, taken in favour of the vector. It is a polynomial of the length, which is 1
 * under cosine. Immutable.
 */
record ScoreLimit(double constant, double perLength, double perSquare) {

  /** Twice and more what a few roundings on the way to a score amount to. */
  private static final double FEW = 0x1p-21;

  /**
   * @param function how vectors are compared
   * @param targetLength at least the length of the query vector; 1 under cosine
   * @param targetSquareAtLeast at most its square
   */
  static ScoreLimit of(
      VectorSimilarityFunction function,
      float minScore,
      int dims,
      double targetLength,
      double targetSquareAtLeast) {
    double rounding = Rounding.ofProducts(dims);
    return switch (function) {
      // score = max((1 + s) / 2, 0)
      case DOT_PRODUCT -> product(fromUnitInterval(minScore), rounding * targetLength);
      // The cosine is a quotient of three products, of which two are under a root; the vector was
      // scaled to unit length with rounding too.
      case COSINE -> product(fromUnitInterval(minScore), (3 * rounding + FEW) * targetLength);
      // score = s < 0 ? 1 / (1 - s) : s + 1
      case MAXIMUM_INNER_PRODUCT ->
          product(
              minScore <= 0
                  ? Double.NEGATIVE_INFINITY
                  : minScore >= 1
                      ? minScore - 1 - FEW * minScore
                      : 1 - (1 + FEW) / (double) minScore,
              rounding * targetLength);
      // score = 1 / (1 + s), and ‖q - x‖² = ‖q‖² + ‖x‖² - 2⟨q,x⟩
      case EUCLIDEAN -> {
        double greatestSquare =
            minScore <= 0 ? Double.POSITIVE_INFINITY : (1 + FEW) / (double) minScore - 1;
        yield new ScoreLimit(
            (targetSquareAtLeast - greatestSquare * (1 + 2 * rounding)) / 2, 0, (1 - FEW) / 2);
      }
    };
  }

  private static ScoreLimit product(double least, double slack) {
    return new ScoreLimit(least, -slack * (1 + FEW), 0);
  }

  private static double fromUnitInterval(float minScore) {
    return minScore <= 0
        ? Double.NEGATIVE_INFINITY
        : 2.0 * minScore - 1 - FEW * Math.max(1, 2.0 * minScore);
  }

  /**
   * The least product.
   *
   * @param length about that of the vector, to within a unit in the last place of a float
   */
  double leastProduct(double length) {
    return constant + length * (perLength + length * perSquare);
  }
}
