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
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * The leading eigenvectors of a sample's covariance. Up to {@link #DIRECT_DIMS} dimensions by a
 * full symmetric eigendecomposition; above, where that takes minutes, and where less than half of
 * the components are wanted, by subspace iteration (Halko, Martinsson, Tropp 2011) followed by a
 * Rayleigh-Ritz step. Deviation: at most {@link #DIRECT_DIMS} components are resolved; further ones
 * are random directions in the remainder, since a rotation among them follows anyway.
 */
final class PrincipalComponents {

  /** Largest symmetric eigenproblem that is solved directly: about a second. */
  static final int DIRECT_DIMS = 768;

  /** Where a full decomposition takes a tenth of a second. */
  private static final int SMALL_DIMS = 384;

  /** After which 256 of 768 components hold all but 0.02 % of the variance that they could. */
  private static final int ITERATIONS = 8;

  /** Extra directions carried along, which speed up the convergence of the wanted ones. */
  private static final int EXTRA = 32;

  /** Sample rows multiplied at a time. */
  private static final int CHUNK = 512;

  private PrincipalComponents() {}

  /**
   * Computes orthonormal components in descending order of variance.
   *
   * @param centred row-major sample, count × dims, with the mean already removed
   * @param wanted number of components, at most dims
   * @param seed of the start vectors where those matter; same input and seed, same output
   * @param interrupt run now and then; throws to stop the computation
   * @return row-major, wanted × dims
   */
  static float[] compute(
      float[] centred, int count, int dims, int wanted, long seed, Runnable interrupt) {
    return compute(centred, count, dims, wanted, DIRECT_DIMS, seed, interrupt);
  }

  /** With another limit than {@link #DIRECT_DIMS}, so that tests need no large problems. */
  static float[] compute(
      float[] centred,
      int count,
      int dims,
      int wanted,
      int directDims,
      long seed,
      Runnable interrupt) {
    int stride = (dims + 63) / 64 * 64;
    float[] covariance = covariance(centred, count, dims, stride, interrupt);
    boolean few = dims > SMALL_DIMS && 2 * (wanted + EXTRA) <= dims;
    if (dims <= directDims && few == false) {
      return leadingEigenvectors(covariance, stride, dims, wanted, seed, interrupt);
    }
    int resolved = Math.min(wanted, directDims - EXTRA);
    return iterate(covariance, stride, dims, wanted, resolved, seed, interrupt);
  }

  private static float[] covariance(
      float[] centred, int count, int dims, int stride, Runnable interrupt) {
    float[] covariance = new float[Math.multiplyExact(dims, stride)];
    float unit = unit(centred, count * dims);
    for (int from = 0; from < count; from += CHUNK) {
      int rows = Math.min(CHUNK, count - from);
      float[] chunk = Arrays.copyOfRange(centred, from * dims, (from + rows) * dims);
      for (int i = 0; i < chunk.length; i++) {
        chunk[i] *= unit;
      }
      new PackedMatrix(chunk, dims, 1, rows, dims)
          .multiplyAddUpper(chunk, 1, dims, dims, covariance, stride, interrupt);
    }
    float scale = 1f / Math.max(1, count);
    for (int i = 0; i < dims; i++) {
      for (int j = i; j < dims; j++) {
        float value = covariance[i * stride + j] * scale;
        covariance[i * stride + j] = value;
        covariance[j * stride + i] = value;
      }
    }
    return covariance;
  }

  /**
   * The power of two that brings the largest value near 1, so that squares of squares neither
   * overflow nor vanish. Components do not depend on it.
   */
  private static float unit(float[] values, int length) {
    float largest = 0;
    for (int i = 0; i < length; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return Math.scalb(1f, -Math.getExponent(largest));
  }

  /**
   * Rows are the eigenvectors of the symmetric matrix, which has no negative eigenvalues, by
   * descending eigenvalue.
   */
  private static float[] leadingEigenvectors(
      float[] matrix, int stride, int size, int wanted, long seed, Runnable interrupt) {
    DMatrixRMaj copy = new DMatrixRMaj(size, size);
    double trace = 0;
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        copy.data[i * size + j] = matrix[i * stride + j];
      }
      trace += matrix[i * stride + i];
    }
    // The solver takes what is beside the diagonal for nothing only in proportion to the diagonal,
    // and does not end where both are nothing but roundings, as for vectors that lie on a line. A
    // multiple of the identity, which changes no eigenvector, makes the diagonal large everywhere.
    for (int i = 0; i < size; i++) {
      copy.data[i * size + i] += trace;
    }
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(size, true, true);
    if (eigen.decompose(copy) == false) {
      // Components that hold less variance make for worse codes. An exception would fail the merge.
      return OrthonormalRows.random(wanted, size, seed, interrupt);
    }
    Integer[] order = new Integer[size];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        (a, b) ->
            Double.compare(eigen.getEigenvalue(b).getReal(), eigen.getEigenvalue(a).getReal()));
    float[] rows = new float[wanted * size];
    for (int r = 0; r < wanted; r++) {
      double[] vector = eigen.getEigenVector(order[r]).data;
      for (int i = 0; i < size; i++) {
        rows[r * size + i] = (float) vector[i];
      }
    }
    return rows;
  }

  private static float[] iterate(
      float[] covariance,
      int stride,
      int dims,
      int wanted,
      int resolved,
      long seed,
      Runnable interrupt) {
    int carried = resolved + EXTRA;
    PackedMatrix packed = new PackedMatrix(covariance, stride, 1, dims, dims);
    SplittableRandom random = new SplittableRandom(seed);
    float[] basis = OrthonormalRows.random(carried, dims, seed, interrupt);
    float[] image = new float[carried * stride];
    for (int i = 0; i < ITERATIONS; i++) {
      multiply(packed, basis, carried, dims, image, stride, interrupt);
      copyRows(image, stride, basis, dims, carried);
      OrthonormalRows.orthonormalise(basis, 0, carried, dims, random, interrupt);
    }
    // Rayleigh-Ritz: the eigenvectors of the covariance restricted to the subspace.
    multiply(packed, basis, carried, dims, image, stride, interrupt);
    float[] restricted = new float[carried * carried];
    for (int i = 0; i < carried; i++) {
      for (int j = i; j < carried; j++) {
        float value = FloatKernels.INSTANCE.dot(image, i * stride, basis, j * dims, dims);
        restricted[i * carried + j] = value;
        restricted[j * carried + i] = value;
      }
    }
    float[] turn = leadingEigenvectors(restricted, carried, carried, resolved, seed, interrupt);
    float[] components = new float[wanted * dims];
    PackedMatrix packedBasis = new PackedMatrix(basis, dims, 1, carried, dims);
    float[] turned = new float[resolved * stride];
    packedBasis.multiplyAdd(turn, carried, 1, resolved, turned, stride, interrupt);
    copyRows(turned, stride, components, dims, resolved);
    OrthonormalRows.orthonormalise(components, 0, wanted, dims, random, interrupt);
    return components;
  }

  private static void multiply(
      PackedMatrix packed,
      float[] rows,
      int count,
      int dims,
      float[] into,
      int stride,
      Runnable interrupt) {
    Arrays.fill(into, 0);
    packed.multiplyAdd(rows, dims, 1, count, into, stride, interrupt);
  }

  private static void copyRows(float[] from, int stride, float[] to, int dims, int rows) {
    for (int i = 0; i < rows; i++) {
      System.arraycopy(from, i * stride, to, i * dims, dims);
    }
  }
}
