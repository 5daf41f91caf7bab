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
 * (i, c, columns)}. Corrections are floats on the heap, or where they are mapped into memory bytes
 * that a {@link ByteScale} makes floats. All implementations compute the same floats, to the bit.
 * Stateless.
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
   * @param mapped bytes from {@code offset}
   * @param groups groups of vectors
   * @param column which correction
   * @param columns corrections of each vector
   * @param scale of that correction
   */
  public abstract void addProducts(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      ByteScale scale,
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
   * Turns inner products into estimates.
   *
   * @param mapped bytes from {@code offset}
   * @param groups groups of vectors
   * @param column the correction that completes
   * @param columns corrections of each vector
   * @param scale of that correction
   * @param products replaced by the estimates
   */
  public abstract void complete(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      ByteScale scale,
      Completion completion,
      float[] products);

  /** The same for corrections on the heap. */
  public static void complete(
      float[] corrections,
      int groups,
      int column,
      int columns,
      Completion completion,
      float[] products) {
    for (int g = 0; g < groups; g++) {
      int at = HammingKernels.index(g * HammingKernels.GROUP, column, columns);
      for (int i = g * HammingKernels.GROUP; i < (g + 1) * HammingKernels.GROUP; i++, at++) {
        products[i] = completion.of(products[i], corrections[at]);
      }
    }
  }

  /**
   * The estimates of vectors whose codes have one level, in one pass: the distances to the planes
   * of a query, times the first of two corrections, completed by the second.
   *
   * @param codes little-endian words from {@code codesOffset}
   * @param corrections bytes from {@code correctionsOffset}
   * @param groups groups of vectors
   * @param scale of the first correction
   * @param completing of the second
   */
  public abstract void estimates(
      MemorySegment codes,
      long codesOffset,
      MemorySegment corrections,
      long correctionsOffset,
      int groups,
      ByteScale scale,
      ByteScale completing,
      QueryPlanes planes,
      Completion completion,
      float[] estimates);
}
