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

import java.util.SplittableRandom;

/**
 * Orthonormal sets of row vectors: random ones, and the repair of sets that have lost the property.
 * Classical Gram-Schmidt applied twice, which is as stable as Householder reflections at float
 * precision (Giraud, Langou, Rozložník 2005) and needs only inner products.
 */
final class OrthonormalRows {

  /** A row shorter than this share of its former length is rounding noise, not a direction. */
  private static final float DEPENDENT = 1e-4f;

  private OrthonormalRows() {}

  /**
   * Uniformly random orthonormal rows.
   *
   * @param rows at most {@code dims}
   * @return row-major, rows × dims; the same for the same arguments
   */
  static float[] random(int rows, int dims, long seed) {
    return random(rows, dims, seed, () -> {});
  }

  /**
   * As above.
   *
   * @param interrupt run for every row; throws to stop
   */
  static float[] random(int rows, int dims, long seed, Runnable interrupt) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] matrix = new float[Math.multiplyExact(rows, dims)];
    fillGaussian(matrix, 0, matrix.length, random);
    orthonormalise(matrix, 0, rows, dims, random, interrupt);
    return matrix;
  }

  /**
   * Makes rows {@code from} (inclusive) to {@code to} (exclusive) orthonormal among themselves and
   * to the rows before them, which must be orthonormal already. Rows that depend on earlier ones
   * are replaced by random directions. In place; {@code 4 * dims * (to - from) * to} operations.
   *
   * @param interrupt run for every row; throws to stop
   */
  static void orthonormalise(
      float[] matrix, int from, int to, int dims, SplittableRandom random, Runnable interrupt) {
    FloatKernels kernels = FloatKernels.INSTANCE;
    float[] coefficients = new float[to];
    for (int row = from; row < to; row++) {
      interrupt.run();
      int at = row * dims;
      while (true) {
        float before = length(matrix, at, dims);
        removeProjections(kernels, matrix, row, dims, coefficients);
        float between = length(matrix, at, dims);
        if (before > 0 && Float.isFinite(before) && between > DEPENDENT * before) {
          scale(matrix, at, dims, 1 / between);
          removeProjections(kernels, matrix, row, dims, coefficients);
          scale(matrix, at, dims, 1 / length(matrix, at, dims));
          break;
        }
        fillGaussian(matrix, at, dims, random);
      }
    }
  }

  private static void removeProjections(
      FloatKernels kernels, float[] matrix, int row, int dims, float[] coefficients) {
    int at = row * dims;
    for (int i = 0; i < row; i++) {
      coefficients[i] = kernels.dot(matrix, i * dims, matrix, at, dims);
    }
    for (int i = 0; i < row; i++) {
      kernels.addScaled(-coefficients[i], matrix, i * dims, matrix, at, dims);
    }
  }

  private static float length(float[] matrix, int at, int dims) {
    return (float) Math.sqrt(FloatKernels.INSTANCE.dot(matrix, at, matrix, at, dims));
  }

  private static void scale(float[] matrix, int at, int dims, float factor) {
    for (int i = 0; i < dims; i++) {
      matrix[at + i] *= factor;
    }
  }

  private static void fillGaussian(float[] into, int at, int count, SplittableRandom random) {
    for (int i = 0; i < count; i++) {
      into[at + i] = (float) random.nextGaussian();
    }
  }
}
