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

import dev.matryoshka.binary.SimilarityKernels;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.apache.lucene.store.IndexInput;

/**
 * The matrix of a rotation, or rows of the basis of bounds, as they are stored, to turn single
 * vectors with: read in place, several rows side by side, where it is mapped into memory in one
 * piece, otherwise row by row. Both give the same bits. Not thread-safe.
 */
final class StoredMatrix {

  private static final SimilarityKernels KERNELS = SimilarityKernels.INSTANCE;
  private static final int ROWS = SimilarityKernels.ROWS;

  private final IndexInput section;
  private final long start;
  private final int bits;
  private final int dims;
  private final MemorySegment mapped;

  /**
   * @param section has {@code bits} rows of {@code dims} floats from {@code start}
   */
  StoredMatrix(IndexInput section, long start, int bits, int dims) throws IOException {
    this.section = section;
    this.start = start;
    this.bits = bits;
    this.dims = dims;
    this.mapped = MappedMemory.of(section);
  }

  /** The inner products of all rows with a vector. */
  float[] times(float[] vector) throws IOException {
    float[] products = new float[bits];
    if (mapped == null) {
      float[] row = new float[dims];
      section.seek(start);
      for (int b = 0; b < bits; b++) {
        section.readFloats(row, 0, dims);
        products[b] = KERNELS.dot(row, vector);
      }
      return products;
    }
    long[] offsets = new long[ROWS];
    float[] some = new float[ROWS];
    // Bits come in whole words, so that rows come in fours.
    for (int b = 0; b < bits; b += ROWS) {
      for (int row = 0; row < ROWS; row++) {
        offsets[row] = start + (long) (b + row) * dims * Float.BYTES;
      }
      KERNELS.dots(vector, mapped, offsets, some);
      System.arraycopy(some, 0, products, b, ROWS);
    }
    return products;
  }
}
