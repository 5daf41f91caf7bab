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

import dev.matryoshka.MatryoshkaTestCase;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Random orthonormal rows and the repair of rows that are not. */
public class OrthonormalRowsTests extends MatryoshkaTestCase {

  private static final double TOLERANCE = 1e-5;

  public void testRandomRowsAreOrthonormal() {
    for (int[] shape : new int[][] {{1, 1}, {1, 9}, {2, 2}, {64, 64}, {64, 100}, {257, 300}}) {
      float[] rows = OrthonormalRows.random(shape[0], shape[1], random().nextLong());
      String message = Arrays.toString(shape);
      double deviation = Samples.deviationFromOrthonormal(rows, shape[0], shape[1]);
      assertTrue(message + " deviates by " + deviation, deviation < TOLERANCE);
    }
  }

  public void testSeedsDecide() {
    long seed = random().nextLong();
    assertArrayEquals(
        OrthonormalRows.random(10, 20, seed), OrthonormalRows.random(10, 20, seed), 0f);
    assertFalse(
        Arrays.equals(
            OrthonormalRows.random(10, 20, seed), OrthonormalRows.random(10, 20, seed + 1)));
  }

  public void testNoAxisIsPreferred() {
    // The mean square of each coordinate over all rows of a full basis is exactly 1 / dims; of a
    // part of one it is so only in expectation.
    int dims = 64;
    double[] squares = new double[dims];
    int bases = 200;
    for (int i = 0; i < bases; i++) {
      float[] row = OrthonormalRows.random(1, dims, random().nextLong());
      for (int d = 0; d < dims; d++) {
        squares[d] += row[d] * row[d];
      }
    }
    for (double square : squares) {
      // The standard deviation of the mean is about 0.1 / dims.
      assertEquals(1.0, square / bases * dims, 0.7);
    }
  }

  public void testDependentRowsAreReplacedAndOthersKeepTheirSpan() {
    int dims = 40;
    float[] matrix = OrthonormalRows.random(6, dims, random().nextLong());
    float[] before = matrix.clone();
    // Row 3 depends on rows 0 and 1, row 4 is zero, row 5 not finite.
    for (int d = 0; d < dims; d++) {
      matrix[3 * dims + d] = 2 * before[d] - 5 * before[dims + d];
      matrix[4 * dims + d] = 0;
      matrix[5 * dims + d] = d == 7 ? Float.POSITIVE_INFINITY : 1;
    }
    OrthonormalRows.orthonormalise(matrix, 2, 6, dims, new SplittableRandom(1), () -> {});
    assertTrue(Samples.deviationFromOrthonormal(matrix, 6, dims) < TOLERANCE);
    assertArrayEquals(Arrays.copyOf(before, 2 * dims), Arrays.copyOf(matrix, 2 * dims), 0f);
    assertEquals(1, Math.abs(Samples.dot(before, 2, matrix, 2, dims)), TOLERANCE);
  }

  public void testNearlyParallelRows() {
    int dims = 128;
    int rows = 100;
    float[] common = Samples.gaussian(random(), 1, dims);
    float[] matrix = Samples.gaussian(random(), rows, dims);
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = 1000 * common[i % dims] + matrix[i];
    }
    OrthonormalRows.orthonormalise(matrix, 0, rows, dims, new SplittableRandom(1), () -> {});
    double deviation = Samples.deviationFromOrthonormal(matrix, rows, dims);
    assertTrue("deviates by " + deviation, deviation < TOLERANCE);
  }

  public void testMagnitudesDoNotMatter() {
    for (float scale : new float[] {1e-15f, 1e-5f, 1e5f, 1e15f}) {
      int dims = 64;
      float[] matrix = OrthonormalRows.random(5, dims, random().nextLong());
      float[] before = matrix.clone();
      for (int i = 0; i < matrix.length; i++) {
        matrix[i] *= scale;
      }
      OrthonormalRows.orthonormalise(matrix, 0, 5, dims, new SplittableRandom(1), () -> {});
      for (int row = 0; row < 5; row++) {
        double same = Math.abs(Samples.dot(before, row, matrix, row, dims));
        assertEquals("row " + row + " at scale " + scale, 1, same, TOLERANCE);
      }
    }
  }
}
