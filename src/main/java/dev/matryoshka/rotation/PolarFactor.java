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
import java.util.SplittableRandom;

/**
 * The orthogonal matrix nearest to a square one (the U of its polar decomposition), by the
 * Newton-Schulz iteration {@code X ← 1.5 X - 0.5 X XᵀX} (Higham, Functions of Matrices, 2008,
 * §8.3), which needs products only and so runs an order of magnitude faster than an SVD.
 * Deviations: the first steps use a steeper odd polynomial of degree five, which lifts small
 * singular values faster (Kovarik 1970; Jordan et al. 2024 for the coefficients), and directions
 * that the matrix does not reach at all are filled at random by Gram-Schmidt.
 */
final class PolarFactor {

  private static final int STEEP_STEPS = 6;
  private static final int MAX_STEPS = 40;

  /** Deviation from orthogonality after which one more step leaves nothing but rounding. */
  private static final float CLOSE = 1e-4f;

  private final int size;
  private final Runnable interrupt;
  private final float[] gram;
  private final float[] cube;

  /**
   * Scratch for matrices of one size; reusable, not thread-safe.
   *
   * @param interrupt run now and then; throws to stop, and leaves the matrix anyhow
   */
  PolarFactor(int size, Runnable interrupt) {
    this.size = size;
    this.interrupt = interrupt;
    this.gram = new float[size * stride()];
    this.cube = new float[size * stride()];
  }

  private int stride() {
    return (size + 63) / 64 * 64;
  }

  /**
   * Replaces the matrix by its orthogonal factor.
   *
   * @param matrix row-major, size × size; need not be regular, nor of any particular scale
   */
  void orthogonalise(float[] matrix, SplittableRandom random) {
    float scale = 1 / Math.max(norm(matrix), Float.MIN_NORMAL);
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] *= scale;
    }
    for (int step = 0; step < MAX_STEPS; step++) {
      float error = gram(matrix);
      if (error < CLOSE) {
        gentleStep(matrix);
        return;
      }
      if (step < STEEP_STEPS) {
        steepStep(matrix);
      } else {
        gentleStep(matrix);
      }
    }
    // Directions that the matrix does not reach never converge.
    OrthonormalRows.orthonormalise(matrix, 0, size, size, random, interrupt);
  }

  /** An upper bound of the spectral norm: the geometric mean of the row and column sum norms. */
  private float norm(float[] matrix) {
    float rows = 0;
    float[] columns = new float[size];
    for (int i = 0; i < size; i++) {
      float sum = 0;
      for (int j = 0; j < size; j++) {
        float value = Math.abs(matrix[i * size + j]);
        sum += value;
        columns[j] += value;
      }
      rows = Math.max(rows, sum);
    }
    float largest = 0;
    for (float column : columns) {
      largest = Math.max(largest, column);
    }
    return (float) Math.sqrt((double) rows * largest);
  }

  /** Computes {@code X Xᵀ}; returns how far it is from the identity. */
  private float gram(float[] matrix) {
    Arrays.fill(gram, 0);
    new PackedMatrix(matrix, 1, size, size, size)
        .multiplyAdd(matrix, size, 1, size, gram, stride(), interrupt);
    float error = 0;
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        error = Math.max(error, Math.abs(gram[i * stride() + j] - (i == j ? 1 : 0)));
      }
    }
    return error;
  }

  private void gentleStep(float[] matrix) {
    multiplyGram(matrix, cube);
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        matrix[i * size + j] = 1.5f * matrix[i * size + j] - 0.5f * cube[i * stride() + j];
      }
    }
  }

  private void steepStep(float[] matrix) {
    multiplyGram(matrix, cube);
    float[] dense = new float[matrix.length];
    for (int i = 0; i < size; i++) {
      System.arraycopy(cube, i * stride(), dense, i * size, size);
    }
    float[] fifth = new float[size * stride()];
    multiplyGram(dense, fifth);
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        int at = i * size + j;
        matrix[at] = 3.4445f * matrix[at] - 4.7750f * dense[at] + 2.0315f * fifth[i * stride() + j];
      }
    }
  }

  /** {@code into = (X Xᵀ) Y}. */
  private void multiplyGram(float[] matrix, float[] into) {
    Arrays.fill(into, 0);
    new PackedMatrix(matrix, size, 1, size, size)
        .multiplyAdd(gram, stride(), 1, size, into, stride(), interrupt);
  }
}
