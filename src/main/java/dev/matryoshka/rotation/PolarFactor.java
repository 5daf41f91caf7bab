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
 * The orthogonal matrix nearest to a square one (the U of its polar decomposition), by odd
 * polynomials {@code X ← (a + b XXᵀ + c (XXᵀ)²) X} that bring all singular values to 1: first those
 * that lift small ones fastest (Amsel et al., "The Polar Express", 2025), then the Newton-Schulz
 * iteration of degree five (Higham, Functions of Matrices, 2008, §8.3). That needs products only
 * and so runs an order of magnitude faster than an SVD. Deviation: directions that the matrix does
 * not reach at all are filled at random by Gram-Schmidt.
 */
final class PolarFactor {

  /** Best in turn when singular values are between 0.001 and 1; then those of Newton-Schulz. */
  private static final float[][] STEPS = {
    {8.28721201814563f, -23.595886519098837f, 17.300387312530933f},
    {4.107059111542203f, -2.9478499167379106f, 0.5448431082926601f},
    {3.9486908534822946f, -2.908902115962949f, 0.5518191394370137f},
    {3.3184196573706015f, -2.488488024314874f, 0.51004894012372f},
    {2.300652019954817f, -1.6689039845747493f, 0.4188073119525673f},
    {1.891301407787398f, -1.2679958271945868f, 0.37680408948524835f},
    {1.875f, -1.25f, 0.375f}
  };

  private static final int MAX_STEPS = 40;

  /** Deviation from orthogonality after which one more step leaves nothing but rounding. */
  private static final double CLOSE = 0.01;

  private final int size;
  private final int stride;
  private final Runnable interrupt;
  private final float[] gram;
  private final float[] factor;
  private final float[] product;

  /**
   * Scratch for matrices of one size; reusable, not thread-safe.
   *
   * @param interrupt run now and then; throws to stop, and leaves the matrix anyhow
   */
  PolarFactor(int size, Runnable interrupt) {
    this.size = size;
    this.interrupt = interrupt;
    this.stride = (size + 63) / 64 * 64;
    this.gram = new float[size * stride];
    this.factor = new float[size * stride];
    this.product = new float[size * stride];
  }

  /**
   * Replaces the matrix by its orthogonal factor.
   *
   * @param matrix row-major, size × size; need not be regular, nor of any particular scale
   */
  void orthogonalise(float[] matrix, SplittableRandom random) {
    // First near 1, where squares of squares cannot overflow; then as near as is known for sure.
    scale(matrix, 1 / Math.max(norm(matrix), Float.MIN_NORMAL));
    gram(matrix);
    float root = (float) Math.sqrt(FloatKernels.INSTANCE.dot(gram, 0, gram, 0, gram.length));
    if (root > 0) {
      scale(matrix, 1 / (float) Math.sqrt(root));
      scale(gram, 1 / root);
    }
    for (int step = 0; step < MAX_STEPS; step++) {
      boolean close = deviation() < CLOSE;
      step(matrix, STEPS[close ? STEPS.length - 1 : Math.min(step, STEPS.length - 1)]);
      if (close) {
        return;
      }
      gram(matrix);
    }
    // Directions that the matrix does not reach never converge.
    OrthonormalRows.orthonormalise(matrix, 0, size, size, random, interrupt);
  }

  private static void scale(float[] values, float by) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= by;
    }
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

  /** Computes {@code X Xᵀ}. */
  private void gram(float[] matrix) {
    Arrays.fill(gram, 0);
    new PackedMatrix(matrix, 1, size, size, size)
        .multiplyAddUpper(matrix, size, 1, size, gram, stride, interrupt);
    mirror(gram);
  }

  /** How far {@code X Xᵀ} is from the identity, in the Frobenius norm. */
  private double deviation() {
    double squares = 0;
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        float difference = gram[i * stride + j] - (i == j ? 1 : 0);
        squares += difference * difference;
      }
    }
    return Math.sqrt(squares);
  }

  private void step(float[] matrix, float[] coefficients) {
    Arrays.fill(factor, 0);
    new PackedMatrix(gram, stride, 1, size, size)
        .multiplyAddUpper(gram, stride, 1, size, factor, stride, interrupt);
    mirror(factor);
    for (int i = 0; i < size; i++) {
      for (int at = i * stride; at < i * stride + size; at++) {
        factor[at] = coefficients[1] * gram[at] + coefficients[2] * factor[at];
      }
      factor[i * stride + i] += coefficients[0];
    }
    Arrays.fill(product, 0);
    new PackedMatrix(matrix, size, 1, size, size)
        .multiplyAdd(factor, stride, 1, size, product, stride, interrupt);
    for (int i = 0; i < size; i++) {
      System.arraycopy(product, i * stride, matrix, i * size, size);
    }
  }

  /** Makes a matrix symmetric of which only what is on or above the diagonal counts. */
  private void mirror(float[] matrix) {
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < i; j++) {
        matrix[i * stride + j] = matrix[j * stride + i];
      }
    }
  }
}
