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
 * What a vector must be like to have at least a given score: the reverse of Lucene's way from
 * similarities to scores, with all its roundings, and those of the similarity itself, taken in
 * favour of the vector. Immutable.
 *
 * @param function how vectors are compared
 * @param limit for Euclidean the greatest squared distance, else the least inner product (of
 *     vectors of unit length under cosine); before {@link #slack}
 * @param slack by how much the computed similarity may be off: a factor of the products of lengths,
 *     or of the squared distance
 */
record ScoreLimit(VectorSimilarityFunction function, double limit, double slack) {

  /** Twice and more what a few roundings on the way to a score amount to. */
  private static final double FEW = 0x1p-21;

  static ScoreLimit of(VectorSimilarityFunction function, float minScore, int dims) {
    double rounding = Rounding.ofProducts(dims);
    return switch (function) {
      // score = max((1 + s) / 2, 0)
      case DOT_PRODUCT -> new ScoreLimit(function, fromUnitInterval(minScore), rounding);
      // The cosine is a quotient of three products, of which two are under a root; the vector was
      // scaled to unit length with rounding too.
      case COSINE -> new ScoreLimit(function, fromUnitInterval(minScore), 3 * rounding + FEW);
      // score = s < 0 ? 1 / (1 - s) : s + 1
      case MAXIMUM_INNER_PRODUCT ->
          new ScoreLimit(
              function,
              minScore <= 0
                  ? Double.NEGATIVE_INFINITY
                  : minScore >= 1
                      ? minScore - 1 - FEW * minScore
                      : 1 - (1 + FEW) / (double) minScore,
              rounding);
      // score = 1 / (1 + s)
      case EUCLIDEAN ->
          new ScoreLimit(
              function,
              minScore <= 0 ? Double.POSITIVE_INFINITY : (1 + FEW) / (double) minScore - 1,
              rounding);
    };
  }

  private static double fromUnitInterval(float minScore) {
    return minScore <= 0
        ? Double.NEGATIVE_INFINITY
        : 2.0 * minScore - 1 - FEW * Math.max(1, 2.0 * minScore);
  }

  /**
   * The least true inner product with which a vector can have the score.
   *
   * @param targetLength at least the length of the query vector; 1 under cosine
   * @param targetSquareAtLeast at most its square
   * @param length about the length of the vector, to within a unit in the last place of a float; 1
   *     under cosine
   */
  double leastProduct(double targetLength, double targetSquareAtLeast, double length) {
    if (function == VectorSimilarityFunction.EUCLIDEAN) {
      // ‖q - x‖² = ‖q‖² + ‖x‖² - 2⟨q,x⟩
      double square = length * length * (1 - FEW);
      return (targetSquareAtLeast + square - limit * (1 + 2 * slack)) / 2;
    }
    return limit - slack * targetLength * length * (1 + FEW);
  }
}
