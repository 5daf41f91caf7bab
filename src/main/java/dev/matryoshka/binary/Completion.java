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
package dev.matryoshka.binary;

/**
 * How the estimate of a vector follows from the inner product of centred projections: {@code
 * (factor * product + sign * c) + constant}, with c one of the vector's corrections. Immutable.
 *
 * @param factor a power of two, so that nothing is rounded
 * @param sign 1 or -1
 */
public record Completion(float factor, float sign, float constant) {

  /** The estimate of a vector with such a correction. */
  public float of(float product, float correction) {
    return factor * product + sign * correction + constant;
  }
}
