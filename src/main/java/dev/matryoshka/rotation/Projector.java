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
 * Applies a {@link Rotation} to many vectors at a time. Holds a packed copy of the matrix; all that
 * need one share it ({@link Rotation#projector}). Immutable, thread-safe.
 */
public final class Projector {

  /** Vectors per call of {@link #project}: enough to amortise reading the matrix. */
  public static final int BATCH = 512;

  private final Rotation rotation;
  private final PackedMatrix packed;

  Projector(Rotation rotation) {
    this.rotation = rotation;
    int dims = rotation.dims();
    this.packed =
        rotation.matrix() == null
            ? null
            : new PackedMatrix(rotation.matrix(), 1, dims, dims, rotation.bits());
  }

  /** Floats between the projections of adjacent vectors in the output. */
  public int stride() {
    return packed == null ? rotation.bits() : packed.paddedColumns();
  }

  /**
   * Centres vectors in place and projects them.
   *
   * @param vectors row-major, count × dims; on return the mean is subtracted
   * @param projected output; {@code bits} floats for vector i start at {@code i * stride()}
   */
  public void project(float[] vectors, int count, float[] projected) {
    int dims = rotation.dims();
    float[] mean = rotation.mean();
    for (int i = 0; i < count; i++) {
      int at = i * dims;
      for (int d = 0; d < dims; d++) {
        vectors[at + d] -= mean[d];
      }
    }
    if (packed == null) {
      for (int i = 0; i < count; i++) {
        System.arraycopy(vectors, i * dims, projected, i * rotation.bits(), rotation.bits());
      }
      return;
    }
    Arrays.fill(projected, 0, count * stride(), 0);
    packed.multiplyAdd(vectors, dims, 1, count, projected, stride());
  }
}
