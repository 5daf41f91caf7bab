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
 * Inner products of many rows of bytes with one row of floats. One implementation is chosen once;
 * results agree up to the order of summation, with a relative error of at most {@code length + 8}
 * units in the last place of the sum of absolute products. Stateless and thread-safe.
 */
public abstract class ByteDotKernels {

  /** The implementation for this JVM. */
  public static final ByteDotKernels INSTANCE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
          ? new VectorByteDotKernels()
          : new ScalarByteDotKernels();

  /**
   * Computes {@code sums[i] = Σ rows[i * length + j] * weights[offset + j]}.
   *
   * @param count rows
   * @param length of a row, a multiple of 64
   */
  public abstract void dots(
      byte[] rows, int count, int length, float[] weights, int offset, float[] sums);

  /**
   * The same with rows off the heap.
   *
   * @param starts byte offset of each row
   */
  public abstract void dots(
      MemorySegment rows,
      long[] starts,
      int count,
      int length,
      float[] weights,
      int offset,
      float[] sums);
}
