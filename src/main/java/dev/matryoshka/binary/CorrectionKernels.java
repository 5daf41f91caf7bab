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

import java.lang.foreign.MemorySegment;

/**
 * What turns inner products with codes into estimates, for codes and corrections in {@linkplain
 * HammingKernels#GROUP groups}: correction c of vector i is at {@link HammingKernels#index}{@code
 * (i, c, columns)}. All implementations compute the same floats, to the bit. Stateless.
 */
public abstract class CorrectionKernels {

  /** The implementation for this JVM. */
  public static final CorrectionKernels INSTANCE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
          ? new VectorCorrectionKernels()
          : new ScalarCorrectionKernels();

  /**
   * Adds one correction of each vector times a factor of its own: {@code sums[i] += c(i) *
   * factors[i]}.
   *
   * @param mapped little-endian floats from {@code offset}
   * @param groups groups of vectors
   * @param column which correction
   * @param columns corrections of each vector
   */
  public abstract void addProducts(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      float[] factors,
      float[] sums);

  /** The same for corrections on the heap. */
  public static void addProducts(
      float[] corrections, int groups, int column, int columns, float[] factors, float[] sums) {
    for (int g = 0; g < groups; g++) {
      int at = HammingKernels.index(g * HammingKernels.GROUP, column, columns);
      for (int i = g * HammingKernels.GROUP; i < (g + 1) * HammingKernels.GROUP; i++, at++) {
        sums[i] += corrections[at] * factors[i];
      }
    }
  }

  /**
   * Scales sums and adds one correction of each vector, and what all have in common: {@code sums[i]
   * = (factor * sums[i] + sign * c(i)) + constant}.
   *
   * @param mapped little-endian floats from {@code offset}
   * @param groups groups of vectors
   * @param column which correction
   * @param columns corrections of each vector
   * @param factor a power of two, so that nothing is rounded
   * @param sign 1 or -1
   */
  public abstract void complete(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      float factor,
      float sign,
      float constant,
      float[] sums);

  /** The same for corrections on the heap. */
  public static void complete(
      float[] corrections,
      int groups,
      int column,
      int columns,
      float factor,
      float sign,
      float constant,
      float[] sums) {
    for (int g = 0; g < groups; g++) {
      int at = HammingKernels.index(g * HammingKernels.GROUP, column, columns);
      for (int i = g * HammingKernels.GROUP; i < (g + 1) * HammingKernels.GROUP; i++, at++) {
        sums[i] = factor * sums[i] + sign * corrections[at] + constant;
      }
    }
  }
}
