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

import java.util.Objects;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.VectorUtil;

/**
 * How similar a document must be, in the unit of its field: a cosine, an inner product, or for
 * Euclidean the greatest distance. It means what {@code similarity} of Elasticsearch's {@code knn}
 * means, except that a distance is rounded in favour of the document, so that a document is always
 * within its own distance. Immutable.
 *
 * @param similarity finite; from -1 to 1 for cosine, not negative for Euclidean
 */
public record SimilarityThreshold(VectorSimilarityFunction function, float similarity) {

  /**
   * @throws IllegalArgumentException when the similarity is none that the function could give
   */
  public SimilarityThreshold {
    Objects.requireNonNull(function);
    boolean valid =
        switch (function) {
          case COSINE -> Math.abs(similarity) <= 1;
          case EUCLIDEAN -> similarity >= 0 && Float.isFinite(similarity);
          case DOT_PRODUCT, MAXIMUM_INNER_PRODUCT -> Float.isFinite(similarity);
        };
    if (valid == false) {
      throw new IllegalArgumentException(
          "[similarity] is none of [" + function + "]: [" + similarity + "]");
    }
  }

  /**
   * About what it takes to have a score, but for rounding.
   *
   * @param score of a document, before boosts
   */
  static SimilarityThreshold ofScore(VectorSimilarityFunction function, float score) {
    float similarity = (float) Similarities.estimateOfScore(function, score);
    return new SimilarityThreshold(
        function,
        switch (function) {
          case COSINE -> Math.clamp(similarity, -1, 1);
          case EUCLIDEAN -> (float) Math.sqrt(Math.clamp(-similarity, 0, Float.MAX_VALUE));
          case DOT_PRODUCT, MAXIMUM_INNER_PRODUCT ->
              Math.clamp(similarity, -Float.MAX_VALUE, Float.MAX_VALUE);
        });
  }

  /** The least score, before boosts, of a document that is similar enough. */
  public float minScore() {
    return switch (function) {
      case COSINE, DOT_PRODUCT -> VectorUtil.normalizeToUnitInterval(similarity);
      case MAXIMUM_INNER_PRODUCT -> VectorUtil.scaleMaxInnerProductScore(similarity);
      case EUCLIDEAN -> VectorUtil.normalizeDistanceToUnitInterval(greatestSquare());
    };
  }

  /** The greatest squared distance whose root rounds to the distance or less. */
  private float greatestSquare() {
    float square = similarity * similarity;
    while (Float.isFinite(square) && (float) Math.sqrt(Math.nextUp(square)) <= similarity) {
      square = Math.nextUp(square);
    }
    return square;
  }
}
