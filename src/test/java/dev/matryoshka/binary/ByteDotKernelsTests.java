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
import org.junit.Test;

/** Products of bytes are within the rounding that bounds allow for, on the heap and off it. */
public class ByteDotKernelsTests extends RandomizedTest {

  @Test
  public void testAgainstDoubles() {
    for (int iteration = 0; iteration < 200; iteration++) {
      int length = 64 * randomIntBetween(1, 8);
      int count = randomIntBetween(1, 40);
      int offset = randomIntBetween(0, 70);
      byte[] rows = new byte[count * length];
      getRandom().nextBytes(rows);
      float[] weights = new float[offset + length];
      for (int j = 0; j < weights.length; j++) {
        weights[j] = (float) getRandom().nextGaussian();
      }
      for (ByteDotKernels kernels :
          new ByteDotKernels[] {new ScalarByteDotKernels(), new VectorByteDotKernels()}) {
        float[] sums = new float[count];
        kernels.dots(rows, count, length, weights, offset, sums);
        check(rows, length, weights, offset, sums, kernels);
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment memory = arena.allocate(rows.length + 1);
          MemorySegment.copy(MemorySegment.ofArray(rows), 0, memory, 1, rows.length);
          long[] starts = new long[count];
          for (int i = 0; i < count; i++) {
            starts[i] = 1 + (long) i * length;
          }
          float[] mapped = new float[count];
          kernels.dots(memory, starts, count, length, weights, offset, mapped);
          check(rows, length, weights, offset, mapped, kernels);
        }
      }
    }
  }

  private static void check(
      byte[] rows, int length, float[] weights, int offset, float[] sums, Object message) {
    for (int i = 0; i < sums.length; i++) {
      double sum = 0;
      double absolutes = 0;
      for (int j = 0; j < length; j++) {
        double product = (double) rows[i * length + j] * weights[offset + j];
        sum += product;
        absolutes += Math.abs(product);
      }
      assertEquals(message.toString(), sum, sums[i], (length + 8) * 0x1p-24 * absolutes);
    }
  }
}
