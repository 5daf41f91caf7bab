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
import java.util.Objects;

/**
 * What turns a vector into the numbers whose signs are its code: {@code p = W(x - mean)}, with W of
 * shape bits × dims and orthonormal rows. The leading {@code levels[i]} rows belong to prefix
 * {@code i}, so a shorter code is exactly the beginning of a longer one. Immutable, thread-safe,
 * equal by content.
 */
public final class Rotation {

  private final RotationKind kind;
  private final int dims;
  private final int[] levels;
  private final float[] mean;
  private final float[] matrix;
  private final TrainingStats stats;
  private Projector projector;

  /**
   * Takes ownership of the arrays.
   *
   * @param levels prefix lengths in ascending order, multiples of 64, the last at most dims
   * @param mean dims floats
   * @param matrix row-major W; null for {@link RotationKind#NONE}, whose W is the identity's top
   */
  public Rotation(
      RotationKind kind, int[] levels, float[] mean, float[] matrix, TrainingStats stats) {
    this.kind = Objects.requireNonNull(kind);
    this.dims = mean.length;
    this.levels = levels;
    this.mean = mean;
    this.matrix = matrix;
    this.stats = Objects.requireNonNull(stats);
    int bits = levels[levels.length - 1];
    if (bits > dims) {
      throw new IllegalArgumentException("bits [" + bits + "] exceed dims [" + dims + "]");
    }
    if (kind == RotationKind.NONE ? matrix != null : matrix.length != bits * dims) {
      throw new IllegalArgumentException("matrix does not fit [" + bits + "] × [" + dims + "]");
    }
  }

  public RotationKind kind() {
    return kind;
  }

  public int dims() {
    return dims;
  }

  /** Length of the whole code. */
  public int bits() {
    return levels[levels.length - 1];
  }

  /** Prefix lengths in ascending order; a copy. */
  public int[] levels() {
    return levels.clone();
  }

  /** The subtracted mean; not to be modified. */
  public float[] mean() {
    return mean;
  }

  /** Row-major W, or null for {@link RotationKind#NONE}; not to be modified. */
  public float[] matrix() {
    return matrix;
  }

  public TrainingStats stats() {
    return stats;
  }

  /** Applies it; made once, since it holds a copy of the matrix, and by the first who needs it. */
  public synchronized Projector projector() {
    if (projector == null) {
      projector = new Projector(this);
    }
    return projector;
  }

  /** Heap of the arrays, and of a second matrix for {@link #projector}. */
  public long bytes() {
    return (long) Float.BYTES * (dims + (matrix == null ? 0 : 2L * matrix.length));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Rotation that
        && kind == that.kind
        && Arrays.equals(levels, that.levels)
        && Arrays.equals(mean, that.mean)
        && Arrays.equals(matrix, that.matrix);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, Arrays.hashCode(levels), Arrays.hashCode(mean));
  }

  @Override
  public String toString() {
    return "Rotation["
        + kind.label()
        + ", "
        + dims
        + " dims, bits "
        + Arrays.toString(levels)
        + "]";
  }
}
