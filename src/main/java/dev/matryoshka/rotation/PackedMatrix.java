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
 * The right-hand side of matrix products, stored as panels of adjacent columns so that the inner
 * loop reads memory in order. Columns are padded with zeros to whole panels. Immutable after
 * construction, thread-safe; holds a copy of about the matrix's size.
 */
final class PackedMatrix {

  /** Rows of a panel that are multiplied before the next panel: keeps them in the first cache. */
  private static final int DEPTH_BLOCK = 256;

  /** Rows of the left-hand side that share one read of the panels: a multiple of the kernels'. */
  private static final int ROW_BLOCK = 96;

  /** Row stride of a gathered block: not a power of two, which would crowd one set of the cache. */
  private static final int GATHERED_ROW = DEPTH_BLOCK + 16;

  private final FloatKernels kernels;
  private final float[] panels;
  private final int rows;
  private final int columns;
  private final int width;

  /**
   * Packs the matrix whose element (i, j) is at {@code i * rowStride + j * columnStride}.
   *
   * @param rows and
   * @param columns the shape, both at least 1
   */
  PackedMatrix(float[] matrix, int rowStride, int columnStride, int rows, int columns) {
    this(FloatKernels.INSTANCE, matrix, rowStride, columnStride, rows, columns);
  }

  PackedMatrix(
      FloatKernels kernels,
      float[] matrix,
      int rowStride,
      int columnStride,
      int rows,
      int columns) {
    this.kernels = kernels;
    this.rows = rows;
    this.columns = columns;
    this.width = kernels.panelWidth();
    this.panels = new float[Math.multiplyExact(rows, paddedColumns())];
    for (int first = 0; first < columns; first += width) {
      int used = Math.min(width, columns - first);
      for (int i = 0; i < rows; i++) {
        int to = first * rows + i * width;
        int from = i * rowStride + first * columnStride;
        if (columnStride == 1) {
          System.arraycopy(matrix, from, panels, to, used);
        } else {
          for (int j = 0; j < used; j++) {
            panels[to + j] = matrix[from + j * columnStride];
          }
        }
      }
    }
  }

  /** Columns including padding: the least row stride of a result. */
  int paddedColumns() {
    return (columns + width - 1) / width * width;
  }

  /**
   * Adds A times this matrix to C. Costs {@code aRows * rows * columns} multiply-adds. An element
   * of C depends on its row of A alone, to the last bit, not on how many rows there are.
   *
   * @param a left-hand matrix; element (i, j) is at {@code i * aRow + j * aColumn}
   * @param aRows rows of A; A has as many columns as this matrix has rows
   * @param c result; element (i, j) is at {@code i * cRow + j}; padding columns get zeros added
   * @param cRow row stride of C, at least {@link #paddedColumns}
   */
  void multiplyAdd(float[] a, int aRow, int aColumn, int aRows, float[] c, int cRow) {
    multiplyAdd(a, aRow, aColumn, aRows, c, cRow, () -> {});
  }

  /**
   * As above.
   *
   * @param interrupt run for every block of rows; throws to stop
   */
  void multiplyAdd(
      float[] a, int aRow, int aColumn, int aRows, float[] c, int cRow, Runnable interrupt) {
    multiplyAdd(a, aRow, aColumn, aRows, c, cRow, false, interrupt);
  }

  /**
   * As {@link #multiplyAdd} but only what is on or above the diagonal of C, rounded up to whole
   * panels: half the work when the result is known to be symmetric.
   */
  void multiplyAddUpper(
      float[] a, int aRow, int aColumn, int aRows, float[] c, int cRow, Runnable interrupt) {
    multiplyAdd(a, aRow, aColumn, aRows, c, cRow, true, interrupt);
  }

  private void multiplyAdd(
      float[] a,
      int aRow,
      int aColumn,
      int aRows,
      float[] c,
      int cRow,
      boolean upper,
      Runnable interrupt) {
    float[] gathered = aColumn == 1 ? null : new float[ROW_BLOCK * GATHERED_ROW];
    for (int k = 0; k < rows; k += DEPTH_BLOCK) {
      int depth = Math.min(DEPTH_BLOCK, rows - k);
      for (int top = 0; top < aRows; top += ROW_BLOCK) {
        interrupt.run();
        int block = Math.min(ROW_BLOCK, aRows - top);
        int from = top * aRow + k * aColumn;
        if (gathered != null) {
          gather(a, from, aRow, aColumn, block, depth, gathered);
        }
        for (int first = upper ? top / width * width : 0; first < columns; first += width) {
          kernels.multiplyPanel(
              gathered == null ? a : gathered,
              gathered == null ? from : 0,
              gathered == null ? aRow : GATHERED_ROW,
              upper ? Math.min(block, first + width - top) : block,
              panels,
              first * rows + k * width,
              depth,
              c,
              top * cRow + first,
              cRow);
        }
      }
    }
  }

  /** Copies a block of A whose rows are not contiguous, once for all panels. */
  private static void gather(
      float[] a, int from, int aRow, int aColumn, int block, int depth, float[] gathered) {
    for (int k = 0; k < depth; k++) {
      for (int i = 0; i < block; i++) {
        gathered[i * GATHERED_ROW + k] = a[from + i * aRow + k * aColumn];
      }
    }
  }
}
