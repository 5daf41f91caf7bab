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

import dev.matryoshka.codec.BFloat16;
import dev.matryoshka.codec.VectorElement;
import java.util.Locale;

/**
 * What every vector of a field must satisfy, be it indexed or searched for. Immutable.
 *
 * @param field full name of the field, for messages
 * @param element how the field stores components
 * @param similarity how the field compares vectors
 */
record VectorRules(String field, VectorElement element, VectorSimilarity similarity) {

  /** How far a squared length may be from 1: what {@code dense_vector} tolerates. */
  private static final float UNIT_TOLERANCE = 1e-3f;

  /** The same for components of eight bits of precision. */
  private static final float BFLOAT16_UNIT_TOLERANCE = 0.02f;

  /** Shorter ones lose digits, or all, when squares of components are added up in floats. */
  private static final double LEAST_LENGTH = 1e-17;

  /**
   * Rounds in place to what the field can store, so that what is scored is what comes back.
   *
   * @throws IllegalArgumentException when a finite component is beyond the range of the element
   */
  void round(float[] vector) {
    if (element != VectorElement.BFLOAT16) {
      return;
    }
    for (int i = 0; i < vector.length; i++) {
      float rounded = BFloat16.round(vector[i]);
      if (Float.isInfinite(rounded) && Float.isFinite(vector[i])) {
        throw new IllegalArgumentException(
            message(
                "does not take values beyond the range of [bfloat16] but got [%s] at dimension"
                    + " [%d]",
                vector[i], i));
      }
      vector[i] = rounded;
    }
  }

  /**
   * @throws IllegalArgumentException when the vector has another number of dimensions, a component
   *     that is not finite, or a length that the similarity cannot work with
   */
  void check(float[] vector, int dims) {
    if (vector.length != dims) {
      throw new IllegalArgumentException(
          message("has [%d] dimensions but got a vector of [%d]", dims, vector.length));
    }
    for (int i = 0; i < vector.length; i++) {
      if (Float.isFinite(vector[i]) == false) {
        throw new IllegalArgumentException(
            message("takes finite values only but got [%s] at dimension [%d]", vector[i], i));
      }
    }
    checkLength(vector, squaredLength(vector));
  }

  private static double squaredLength(float[] vector) {
    double sum = 0;
    for (float component : vector) {
      sum += (double) component * component;
    }
    return sum;
  }

  private void checkLength(float[] vector, double exactlySquared) {
    float squared = (float) exactlySquared;
    if (Float.isFinite(squared) == false) {
      int greatest = greatest(vector);
      throw new IllegalArgumentException(
          message(
              "got a vector whose squared length overflows a float, with [%s] at dimension [%d]",
              vector[greatest], greatest));
    }
    double length = Math.sqrt(exactlySquared);
    if (similarity == VectorSimilarity.COSINE && length < LEAST_LENGTH) {
      throw new IllegalArgumentException(
          length == 0
              ? message("compares by [cosine] and does not take vectors of length [0]")
              : message(
                  "compares by [cosine] and does not take vectors shorter than [%s] but got length"
                      + " [%s]",
                  LEAST_LENGTH, length));
    }
    float tolerance = element == VectorElement.BFLOAT16 ? BFLOAT16_UNIT_TOLERANCE : UNIT_TOLERANCE;
    if (similarity == VectorSimilarity.DOT_PRODUCT && Math.abs(squared - 1) >= tolerance) {
      throw new IllegalArgumentException(
          message(
              "compares by [dot_product] and takes vectors of length [1] only but got length [%s]",
              (float) length));
    }
  }

  private static int greatest(float[] vector) {
    int greatest = 0;
    for (int i = 1; i < vector.length; i++) {
      greatest = Math.abs(vector[i]) > Math.abs(vector[greatest]) ? i : greatest;
    }
    return greatest;
  }

  private String message(String rule, Object... values) {
    return "field ["
        + field
        + "] of type ["
        + MatryoshkaVectorFieldMapper.CONTENT_TYPE
        + "] "
        + String.format(Locale.ROOT, rule, values);
  }
}
