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

/**
 * Kernels and packed products against plain double arithmetic, in shapes that divide by nothing.
 */
public class PackedMatrixTests extends MatryoshkaTestCase {

  private static final FloatKernels[] KERNELS = {
    new ScalarFloatKernels(), new VectorFloatKernels()
  };

  /** Shapes around the sizes of lanes, panels and blocks, and random ones. */
  private static int shape() {
    int[] edges = {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 300};
    return random().nextBoolean()
        ? edges[random().nextInt(edges.length)]
        : 1 + random().nextInt(140);
  }

  public void testTheVectorModuleIsPresent() {
    // Otherwise this suite compares the plain loops with themselves.
    assertTrue(FloatKernels.INSTANCE instanceof VectorFloatKernels);
  }

  public void testDot() {
    for (int length = 0; length < 200; length++) {
      int aOffset = random().nextInt(5);
      int bOffset = random().nextInt(5);
      float[] a = Samples.gaussian(random(), 1, aOffset + length + 3);
      float[] b = Samples.gaussian(random(), 1, bOffset + length + 3);
      double expected = 0;
      double magnitude = 0;
      for (int i = 0; i < length; i++) {
        double product = (double) a[aOffset + i] * b[bOffset + i];
        expected += product;
        magnitude += Math.abs(product);
      }
      for (FloatKernels kernels : KERNELS) {
        float dot = kernels.dot(a, aOffset, b, bOffset, length);
        assertEquals("length " + length, expected, dot, 1e-6 * magnitude);
      }
    }
  }

  public void testSumOfAbsolutes() {
    for (int length = 0; length < 100; length++) {
      int offset = random().nextInt(5);
      float[] a = Samples.gaussian(random(), 1, offset + length + 3);
      double expected = 0;
      for (int i = 0; i < length; i++) {
        expected += Math.abs(a[offset + i]);
      }
      for (FloatKernels kernels : KERNELS) {
        float sum = kernels.sumOfAbsolutes(a, offset, length);
        assertEquals("length " + length, expected, sum, 1e-6 * expected);
      }
    }
  }

  public void testAddScaledTouchesItsRangeOnly() {
    for (int length = 0; length < 100; length++) {
      int xOffset = random().nextInt(5);
      int yOffset = random().nextInt(5);
      float[] x = Samples.gaussian(random(), 1, xOffset + length + 2);
      float[] y = Samples.gaussian(random(), 1, yOffset + length + 40);
      float factor = (float) random().nextGaussian();
      for (FloatKernels kernels : KERNELS) {
        float[] sum = y.clone();
        kernels.addScaled(factor, x, xOffset, sum, yOffset, length);
        for (int i = 0; i < y.length; i++) {
          boolean inside = i >= yOffset && i < yOffset + length;
          double expected = inside ? y[i] + (double) factor * x[xOffset + i - yOffset] : y[i];
          assertEquals("element " + i, expected, sum[i], inside ? 1e-5 : 0);
        }
      }
    }
  }

  public void testProducts() {
    for (int iteration = 0; iteration < 60; iteration++) {
      int aRows = shape();
      int depth = shape();
      int columns = shape();
      boolean aTransposed = random().nextBoolean();
      boolean bTransposed = random().nextBoolean();
      float[] a = Samples.gaussian(random(), aRows, depth);
      float[] b = Samples.gaussian(random(), depth, columns);
      for (FloatKernels kernels : KERNELS) {
        PackedMatrix packed =
            new PackedMatrix(
                kernels, b, bTransposed ? 1 : columns, bTransposed ? depth : 1, depth, columns);
        int stride = packed.paddedColumns() + random().nextInt(3);
        float[] before = Samples.gaussian(random(), aRows, stride);
        float[] c = before.clone();
        packed.multiplyAdd(a, aTransposed ? 1 : depth, aTransposed ? aRows : 1, aRows, c, stride);
        for (int i = 0; i < aRows; i++) {
          for (int j = 0; j < stride; j++) {
            double expected = before[i * stride + j];
            for (int k = 0; j < columns && k < depth; k++) {
              expected +=
                  (double) (aTransposed ? a[k * aRows + i] : a[i * depth + k])
                      * (bTransposed ? b[j * depth + k] : b[k * columns + j]);
            }
            String where = aRows + "x" + depth + "x" + columns + " at " + i + ", " + j;
            assertEquals(where, expected, c[i * stride + j], j < columns ? 1e-3 : 0);
          }
        }
      }
    }
  }

  public void testRowsDoNotDependOnEachOther() {
    int rows = 1 + random().nextInt(200);
    int depth = shape();
    int columns = shape();
    float[] a = Samples.gaussian(random(), rows, depth);
    float[] b = Samples.gaussian(random(), depth, columns);
    for (FloatKernels kernels : KERNELS) {
      PackedMatrix packed = new PackedMatrix(kernels, b, columns, 1, depth, columns);
      int stride = packed.paddedColumns();
      float[] together = new float[rows * stride];
      packed.multiplyAdd(a, depth, 1, rows, together, stride);
      for (int i = 0; i < rows; i++) {
        float[] alone = new float[stride];
        float[] row = Arrays.copyOfRange(a, i * depth, (i + 1) * depth);
        packed.multiplyAdd(row, depth, 1, 1, alone, stride);
        // To the last bit: a vector gets the same code next to whichever others.
        assertArrayEquals(alone, Arrays.copyOfRange(together, i * stride, (i + 1) * stride), 0f);
      }
    }
  }

  public void testUpperHalfOfSymmetricProducts() {
    for (int iteration = 0; iteration < 30; iteration++) {
      int rows = shape();
      int dims = shape();
      float[] x = Samples.gaussian(random(), rows, dims);
      for (FloatKernels kernels : KERNELS) {
        PackedMatrix packed = new PackedMatrix(kernels, x, dims, 1, rows, dims);
        int stride = packed.paddedColumns();
        float[] c = new float[dims * stride];
        packed.multiplyAddUpper(x, 1, dims, dims, c, stride, () -> {});
        for (int i = 0; i < dims; i++) {
          for (int j = i; j < dims; j++) {
            double expected = 0;
            for (int k = 0; k < rows; k++) {
              expected += (double) x[k * dims + i] * x[k * dims + j];
            }
            assertEquals(rows + "x" + dims, expected, c[i * stride + j], 1e-3);
          }
        }
      }
    }
  }
}
