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

import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.VectorUtil;

/** Puts estimates and prefix similarities on the scale of Lucene's scores. */
final class Similarities {

  private Similarities() {}

  /**
   * The score that a vector of the estimated similarity would have. Unlike real scores it is not
   * clamped, so that estimates beyond the possible range keep their order.
   *
   * @param estimate inner product, or minus the squared distance for Euclidean
   */
  static float scoreOfEstimate(VectorSimilarityFunction similarity, float estimate) {
    return switch (similarity) {
      case COSINE, DOT_PRODUCT -> (1 + estimate) / 2;
      case MAXIMUM_INNER_PRODUCT -> VectorUtil.scaleMaxInnerProductScore(estimate);
      case EUCLIDEAN -> estimate <= 0 ? 1 / (1 - estimate) : 1 + estimate;
    };
  }

  /** The inverse of {@link #scoreOfEstimate}; minus infinity for scores that need no similarity. */
  static double estimateOfScore(VectorSimilarityFunction similarity, float score) {
    return switch (similarity) {
      case COSINE, DOT_PRODUCT -> 2.0 * score - 1;
      case MAXIMUM_INNER_PRODUCT, EUCLIDEAN ->
          score <= 0
              ? Double.NEGATIVE_INFINITY
              : score < 1 || similarity == VectorSimilarityFunction.EUCLIDEAN
                  ? 1 - 1.0 / score
                  : score - 1.0;
    };
  }

  /** How much a score rises with the estimate, at a score; that of {@link #scoreOfEstimate}. */
  static double rise(VectorSimilarityFunction similarity, float score) {
    return switch (similarity) {
      case COSINE, DOT_PRODUCT -> 0.5;
      case MAXIMUM_INNER_PRODUCT, EUCLIDEAN -> score < 1 ? (double) score * score : 1;
    };
  }

  /** What a similarity is called in explanations. */
  static String name(VectorSimilarityFunction similarity) {
    return switch (similarity) {
      case COSINE -> "cosine";
      case DOT_PRODUCT -> "dot product";
      case MAXIMUM_INNER_PRODUCT -> "inner product";
      case EUCLIDEAN -> "Euclidean closeness";
    };
  }

  /**
   * How similar vector prefixes are. The prefix of a unit vector has no unit length, so where the
   * field compares directions prefixes are compared by cosine, as Matryoshka models are trained. A
   * prefix of zeros has no direction and is like nothing.
   *
   * @param targetSquare the target's inner product with itself
   */
  static float scoreOfPrefix(
      VectorSimilarityFunction similarity, float[] target, float targetSquare, float[] prefix) {
    return switch (similarity) {
      case COSINE, DOT_PRODUCT -> {
        double squares = (double) targetSquare * VectorUtil.dotProduct(prefix, prefix);
        float dot = VectorUtil.dotProduct(target, prefix);
        yield squares == 0
            ? 0
            : VectorUtil.normalizeToUnitInterval((float) (dot / Math.sqrt(squares)));
      }
      case MAXIMUM_INNER_PRODUCT, EUCLIDEAN -> similarity.compare(target, prefix);
    };
  }
}
