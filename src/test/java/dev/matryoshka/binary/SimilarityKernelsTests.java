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
package dev.matryoshka.binary;

import static org.junit.Assert.assertEquals;

import com.carrotsearch.randomizedtesting.RandomizedTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.junit.Test;

/** All ways to compute a similarity agree to the last bit. */
public class SimilarityKernelsTests extends RandomizedTest {

  private static final int ROWS = SimilarityKernels.ROWS;

  private static final SimilarityKernels[] KERNELS =
      VectorSimilarityKernels.supported()
          ? new SimilarityKernels[] {new ScalarSimilarityKernels(), new VectorSimilarityKernels()}
          : new SimilarityKernels[] {new ScalarSimilarityKernels()};

  private static float[] vector(int dims) {
    float[] vector = new float[dims];
    for (int d = 0; d < dims; d++) {
      vector[d] = (float) getRandom().nextGaussian();
    }
    return vector;
  }

  @Test
  public void testEveryWayGivesTheSameBits() {
    for (int iteration = 0; iteration < 300; iteration++) {
      int dims = randomIntBetween(1, iteration % 2 == 0 ? 100 : 1000);
      float[] a = vector(dims);
      float[][] rows = new float[ROWS][];
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = arena.allocate((long) ROWS * dims * Float.BYTES + 3);
        long[] offsets = new long[ROWS];
        for (int r = 0; r < ROWS; r++) {
          rows[r] = vector(dims);
          // Nothing is aligned in a file.
          offsets[r] = 3 + (long) r * dims * Float.BYTES;
          MemorySegment.copy(
              rows[r],
              0,
              memory,
              ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
              offsets[r],
              dims);
        }
        SimilarityKernels plain = KERNELS[0];
        for (SimilarityKernels kernels : KERNELS) {
          float[] dots = new float[ROWS];
          float[] sameDots = new float[ROWS];
          float[] squares = new float[ROWS];
          float[] distances = new float[ROWS];
          kernels.dots(a, memory, offsets, dots);
          kernels.dotsAndSquares(a, memory, offsets, sameDots, squares);
          kernels.squareDistances(a, memory, offsets, distances);
          for (int r = 0; r < ROWS; r++) {
            String message = kernels + ", dims " + dims;
            float dot = plain.dot(a, rows[r]);
            assertEquals(message, dot, kernels.dot(a, rows[r]), 0);
            assertEquals(message, dot, dots[r], 0);
            assertEquals(message, dot, sameDots[r], 0);
            float square = plain.square(rows[r]);
            assertEquals(message, square, kernels.square(rows[r]), 0);
            assertEquals(message, square, squares[r], 0);
            float distance = plain.squareDistance(a, rows[r]);
            assertEquals(message, distance, kernels.squareDistance(a, rows[r]), 0);
            assertEquals(message, distance, distances[r], 0);
            check(a, rows[r], dot, square, distance);
          }
        }
      }
    }
  }

  private static void check(float[] a, float[] b, float dot, float square, float distance) {
    double trueDot = 0;
    double trueSquare = 0;
    double trueDistance = 0;
    double absolutes = 0;
    for (int d = 0; d < a.length; d++) {
      trueDot += (double) a[d] * b[d];
      absolutes += Math.abs((double) a[d] * b[d]);
      trueSquare += (double) b[d] * b[d];
      trueDistance += ((double) a[d] - b[d]) * ((double) a[d] - b[d]);
    }
    // The most that bounds allow for.
    double rounding = (a.length / 8 + 23) * 0x1p-24 * 1.01;
    assertEquals(trueDot, dot, rounding * absolutes);
    assertEquals(trueSquare, square, rounding * trueSquare);
    assertEquals(trueDistance, distance, rounding * trueDistance);
  }
}
