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
import org.apache.lucene.tests.util.LuceneTestCase;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/** The polar factor against the one that a singular value decomposition gives. */
public class PolarFactorTests extends LuceneTestCase {

  public void testAgreesWithSingularValueDecomposition() {
    for (int size : new int[] {64, 128, 192}) {
      float[] matrix = withSingularValues(size, 1, 0.05);
      float[] expected = polarBySvd(matrix, size);
      new PolarFactor(size, () -> {}).orthogonalise(matrix, new SplittableRandom(1));
      assertTrue(Samples.deviationFromOrthonormal(matrix, size, size) < 1e-5);
      assertArrayEquals(expected, matrix, 2e-4f);
    }
  }

  public void testScaleDoesNotMatter() {
    float[] matrix = withSingularValues(64, 1, 0.1);
    float[] expected = polarBySvd(matrix, 64);
    for (float scale : new float[] {1e-20f, 1e-3f, 1e6f, 1e20f}) {
      float[] scaled = matrix.clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= scale;
      }
      new PolarFactor(64, () -> {}).orthogonalise(scaled, new SplittableRandom(1));
      assertArrayEquals("scaled by " + scale, expected, scaled, 2e-4f);
    }
  }

  public void testNearestEvenWhereSingularValuesSpread() {
    // Several, since the iteration may end just before or just after it is exact.
    for (double smallest = 1e-3; smallest < 0.5; smallest *= 1.5) {
      float[] matrix = withSingularValues(64, 1, smallest);
      double best = trace(polarBySvd(matrix, 64), matrix);
      float[] factor = matrix.clone();
      new PolarFactor(64, () -> {}).orthogonalise(factor, new SplittableRandom(1));
      double deviation = Samples.deviationFromOrthonormal(factor, 64, 64);
      assertTrue("deviates by " + deviation, deviation < 1e-5);
      assertEquals(1, trace(factor, matrix) / best, 1e-3);
    }
  }

  public void testSingularMatricesBecomeOrthogonal() {
    float[] zeros = new float[64 * 64];
    new PolarFactor(64, () -> {}).orthogonalise(zeros, new SplittableRandom(1));
    assertTrue(Samples.deviationFromOrthonormal(zeros, 64, 64) < 1e-5);
    float[] low = Samples.inSubspace(random(), 64, 64, 5);
    float[] factor = low.clone();
    new PolarFactor(64, () -> {}).orthogonalise(factor, new SplittableRandom(1));
    assertTrue(Samples.deviationFromOrthonormal(factor, 64, 64) < 1e-5);
    assertEquals(1, trace(factor, low) / nuclearNorm(low, 64), 0.05);
  }

  /** Singular values fall geometrically between two numbers. */
  private static float[] withSingularValues(int size, double largest, double smallest) {
    float[] left = OrthonormalRows.random(size, size, random().nextLong());
    float[] right = OrthonormalRows.random(size, size, random().nextLong());
    for (int i = 0; i < size; i++) {
      double value = largest * Math.pow(smallest / largest, (double) i / (size - 1));
      for (int j = 0; j < size; j++) {
        right[i * size + j] *= (float) value;
      }
    }
    return Samples.product(left, size, size, right, size);
  }

  private static SingularValueDecomposition_F64<DMatrixRMaj> svd(float[] matrix, int size) {
    DMatrixRMaj copy = new DMatrixRMaj(size, size);
    for (int i = 0; i < matrix.length; i++) {
      copy.data[i] = matrix[i];
    }
    var svd = DecompositionFactory_DDRM.svd(size, size, true, true, false);
    assertTrue(svd.decompose(copy));
    return svd;
  }

  private static float[] polarBySvd(float[] matrix, int size) {
    var svd = svd(matrix, size);
    DMatrixRMaj product = new DMatrixRMaj(size, size);
    CommonOps_DDRM.mult(svd.getU(null, false), svd.getV(null, true), product);
    float[] polar = new float[size * size];
    for (int i = 0; i < polar.length; i++) {
      polar[i] = (float) product.data[i];
    }
    return polar;
  }

  private static double nuclearNorm(float[] matrix, int size) {
    double sum = 0;
    for (double value : svd(matrix, size).getSingularValues()) {
      sum += value;
    }
    return sum;
  }

  /** What the polar factor maximises: {@code trace(QᵀM)}. */
  private static double trace(float[] factor, float[] matrix) {
    double sum = 0;
    for (int i = 0; i < matrix.length; i++) {
      sum += (double) factor[i] * matrix[i];
    }
    return sum;
  }
}
