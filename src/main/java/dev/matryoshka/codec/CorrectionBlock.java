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

import dev.matryoshka.binary.ByteScale;
import dev.matryoshka.binary.Completion;
import dev.matryoshka.binary.CorrectionKernels;
import dev.matryoshka.binary.HammingKernels;
import java.lang.foreign.MemorySegment;

/**
 * The corrections of some groups of vectors: floats on the heap, or bytes where they are mapped
 * into memory. Not thread-safe.
 */
final class CorrectionBlock {

  private final int columns;
  private final int completing;
  private int groups;
  private float[] heap;
  private MemorySegment mapped;
  private long offset;
  private ByteScale[] scales;

  /**
   * @param columns corrections of each vector
   * @param completing the one that completes an estimate
   */
  CorrectionBlock(int columns, int completing) {
    this.columns = columns;
    this.completing = completing;
  }

  /** Stands for corrections that are mapped from an offset. */
  void map(MemorySegment segment, long from, ByteScale[] scales, int groups) {
    this.mapped = segment;
    this.offset = from;
    this.scales = scales;
    this.groups = groups;
  }

  /**
   * Stands for corrections on the heap.
   *
   * @return where to put them: correction c of vector i at {@link HammingKernels#index}{@code (i,
   *     c, columns)}
   */
  float[] heap(int groups) {
    int length = groups * HammingKernels.GROUP * columns;
    if (heap == null || heap.length < length) {
      heap = new float[length];
    }
    this.mapped = null;
    this.groups = groups;
    return heap;
  }

  /** {@link CorrectionKernels#addProducts} with one of the corrections. */
  void addProducts(int column, float[] factors, float[] sums) {
    if (mapped == null) {
      CorrectionKernels.addProducts(heap, groups, column, columns, factors, sums);
    } else {
      CorrectionKernels.INSTANCE.addProducts(
          mapped, offset, groups, column, columns, scales[column], factors, sums);
    }
  }

  /** {@link CorrectionKernels#complete}. */
  void complete(Completion completion, float[] products) {
    if (mapped == null) {
      CorrectionKernels.complete(heap, groups, completing, columns, completion, products);
    } else {
      CorrectionKernels.INSTANCE.complete(
          mapped, offset, groups, completing, columns, scales[completing], completion, products);
    }
  }
}
