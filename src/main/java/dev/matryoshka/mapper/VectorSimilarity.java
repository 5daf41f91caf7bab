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
package dev.matryoshka.mapper;

import java.util.Locale;
import org.apache.lucene.index.VectorSimilarityFunction;

/** How vectors are compared: the names of {@code dense_vector}, with the same scores. */
public enum VectorSimilarity {
  /** The angle between vectors of any length but zero. */
  COSINE(VectorSimilarityFunction.COSINE),
  /** The inner product of vectors of unit length. */
  DOT_PRODUCT(VectorSimilarityFunction.DOT_PRODUCT),
  /** The inner product of vectors of any length. */
  MAX_INNER_PRODUCT(VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT),
  /** The Euclidean distance. */
  L2_NORM(VectorSimilarityFunction.EUCLIDEAN);

  private final VectorSimilarityFunction function;

  VectorSimilarity(VectorSimilarityFunction function) {
    this.function = function;
  }

  /** What Lucene computes the score with. */
  public VectorSimilarityFunction function() {
    return function;
  }

  /**
   * Checks what a query calls similar enough, in the unit of {@code similarity} of {@code knn}.
   *
   * @throws IllegalArgumentException when no two vectors could be that similar, or all would be
   */
  void checkWanted(String field, float wanted) {
    String rule =
        switch (this) {
          case COSINE, DOT_PRODUCT -> Math.abs(wanted) <= 1 ? null : "between [-1] and [1]";
          case L2_NORM ->
              wanted >= 0 && Float.isFinite(wanted) ? null : "a distance of at least [0]";
          case MAX_INNER_PRODUCT -> Float.isFinite(wanted) ? null : "a finite number";
        };
    if (rule != null) {
      throw new IllegalArgumentException(
          "[similarity] must be "
              + rule
              + " since field ["
              + field
              + "] compares by ["
              + this
              + "] but was ["
              + wanted
              + "]");
    }
  }

  /** The name in mappings, in lower case. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
