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

import java.util.Random;

/** Samples with a known shape, row-major, and plain double arithmetic to compare results with. */
final class Samples {

  private Samples() {}

  /** Independent components; for algebra, never for claims about recall. */
  static float[] gaussian(Random random, int count, int dims) {
    float[] sample = new float[count * dims];
    for (int i = 0; i < sample.length; i++) {
      sample[i] = (float) random.nextGaussian();
    }
    return sample;
  }

  /** Vectors that all lie in a subspace. */
  static float[] inSubspace(Random random, int count, int dims, int subspaceDims) {
    float[] directions = OrthonormalRows.random(subspaceDims, dims, random.nextLong());
    float[] coordinates = gaussian(random, count, subspaceDims);
    return product(coordinates, count, subspaceDims, directions, dims);
  }

  /** Vectors whose variance along the i-th of some random orthonormal axes is given, exactly. */
  static WithAxes withVariances(Random random, int count, int dims, double[] variances) {
    int rank = variances.length;
    float[] axes = OrthonormalRows.random(rank, dims, random.nextLong());
    float[] columns = OrthonormalRows.random(rank, count, random.nextLong());
    float[] coordinates = new float[count * rank];
    for (int i = 0; i < count; i++) {
      for (int r = 0; r < rank; r++) {
        coordinates[i * rank + r] =
            (float) (columns[r * count + i] * Math.sqrt(count * variances[r]));
      }
    }
    return new WithAxes(product(coordinates, count, rank, axes, dims), axes, variances);
  }

  /** A sample with its principal components, in descending order of variance. */
  record WithAxes(float[] sample, float[] axes, double[] variances) {}

  /** A times B, both row-major. */
  static float[] product(float[] a, int rows, int depth, float[] b, int columns) {
    float[] product = new float[rows * columns];
    for (int i = 0; i < rows; i++) {
      double[] sums = new double[columns];
      for (int k = 0; k < depth; k++) {
        double factor = a[i * depth + k];
        for (int j = 0; j < columns; j++) {
          sums[j] += factor * b[k * columns + j];
        }
      }
      for (int j = 0; j < columns; j++) {
        product[i * columns + j] = (float) sums[j];
      }
    }
    return product;
  }

  static double dot(float[] a, int aRow, float[] b, int bRow, int dims) {
    double sum = 0;
    for (int d = 0; d < dims; d++) {
      sum += (double) a[aRow * dims + d] * b[bRow * dims + d];
    }
    return sum;
  }

  /** Largest element of |W Wᵀ - I|. */
  static double deviationFromOrthonormal(float[] matrix, int rows, int dims) {
    double worst = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = i; j < rows; j++) {
        double deviation = dot(matrix, i, matrix, j, dims) - (i == j ? 1 : 0);
        // Not Math.max alone: it must not lose a NaN.
        worst = Double.isNaN(deviation) ? Double.NaN : Math.max(worst, Math.abs(deviation));
        if (Double.isNaN(worst)) {
          return worst;
        }
      }
    }
    return worst;
  }

  /** Sum over the rows of a matrix of the mean squared projection of the sample. */
  static double energy(float[] sample, int count, int dims, float[] rows, int rowCount) {
    double energy = 0;
    for (int i = 0; i < count; i++) {
      for (int r = 0; r < rowCount; r++) {
        double projection = dot(sample, i, rows, r, dims);
        energy += projection * projection;
      }
    }
    return energy / count;
  }
}
