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

import java.util.Arrays;

/**
 * Compares many vectors with the same few by inner product. Holds a packed copy of the few.
 * Thread-safe.
 */
public final class DotProducts {

  private final PackedMatrix packed;
  private final int dims;

  /**
   * @param rows the few, at least one, of equal length
   */
  public DotProducts(float[][] rows) {
    this.dims = rows[0].length;
    float[] matrix = new float[rows.length * dims];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(rows[row], 0, matrix, row * dims, dims);
    }
    this.packed = new PackedMatrix(matrix, 1, dims, dims, rows.length);
  }

  /** Floats between the products of adjacent vectors. */
  public int stride() {
    return packed.paddedColumns();
  }

  /**
   * Multiplies. A product depends on its two vectors alone, to the last bit.
   *
   * @param vectors row-major, count × dims
   * @param products that of vector i and row r goes to {@code i * stride() + r}
   */
  public void of(float[] vectors, int count, float[] products) {
    Arrays.fill(products, 0, count * stride(), 0);
    packed.multiplyAdd(vectors, dims, 1, count, products, stride());
  }
}
