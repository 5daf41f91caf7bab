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
package dev.matryoshka.rotation;

/**
 * What the signs of a vector's projections must be multiplied by so that they estimate inner
 * products with the vector without bias. Stateless and thread-safe.
 */
public final class SignScale {

  private SignScale() {}

  /**
   * {@code Σ p² / Σ |p|} over {@code length} projections from an offset; 0 where all of them are 0.
   */
  public static float of(float[] projections, int offset, int length) {
    FloatKernels kernels = FloatKernels.INSTANCE;
    float absolutes = kernels.sumOfAbsolutes(projections, offset, length);
    return absolutes > 0
        ? kernels.dot(projections, offset, projections, offset, length) / absolutes
        : 0;
  }
}
