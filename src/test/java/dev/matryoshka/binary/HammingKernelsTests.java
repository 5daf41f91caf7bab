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

import dev.matryoshka.MatryoshkaTestCase;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Both implementations against bit counting, for every count around whole registers and blocks. */
public class HammingKernelsTests extends MatryoshkaTestCase {

  private static final HammingKernels[] KERNELS = {
    new ScalarHammingKernels(), new VectorHammingKernels()
  };

  /** Where codes start in mapped memory: not at a multiple of eight. */
  private static final int MISALIGNED = 3;

  private static MemorySegment mapped(long[] block, int offset) {
    MemorySegment mapped = Arena.ofAuto().allocate(offset + (long) block.length * Long.BYTES);
    for (int i = 0; i < block.length; i++) {
      mapped.set(
          ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
          offset + (long) i * Long.BYTES,
          block[i]);
    }
    return mapped;
  }

  private static long[] randomLongs(int length) {
    return random().longs(length).toArray();
  }

  public void testTheVectorModuleIsPresent() {
    // Otherwise the server's kernels are not the ones under test.
    assertTrue(HammingKernels.INSTANCE instanceof VectorHammingKernels);
  }

  public void testDistances() {
    for (int count = 0; count <= 515; count++) {
      int words = 1 + random().nextInt(6);
      int queryOffset = random().nextInt(3);
      int weight = random().nextBoolean() ? 1 : 1 + random().nextInt(1000);
      long[] block = randomLongs(count * words + 2);
      long[] query = randomLongs(queryOffset + words);
      if (random().nextInt(10) == 0) {
        Arrays.fill(block, ~query[queryOffset]);
      }
      long[] before = new long[count + 2];
      Arrays.setAll(before, i -> random().nextInt(100));
      long[] expected = before.clone();
      for (int i = 0; i < count; i++) {
        for (int w = 0; w < words; w++) {
          expected[i] +=
              (long) weight * Long.bitCount(block[w * count + i] ^ query[queryOffset + w]);
        }
      }
      for (HammingKernels kernels : KERNELS) {
        long[] distances = before.clone();
        kernels.addDistances(block, count, words, query, queryOffset, weight, distances);
        assertArrayEquals(kernels + " with count " + count, expected, distances);
        distances = before.clone();
        kernels.addDistances(
            mapped(block, MISALIGNED),
            MISALIGNED,
            count,
            words,
            query,
            queryOffset,
            weight,
            distances);
        assertArrayEquals(kernels + " in place with count " + count, expected, distances);
      }
    }
  }

  public void testWeightedDistancesDoNotOverflowInts() {
    int count = 37;
    long[] block = new long[count];
    long[] query = {-1L};
    for (HammingKernels kernels : KERNELS) {
      long[] distances = new long[count];
      kernels.addDistances(block, count, 1, query, 0, Integer.MAX_VALUE, distances);
      for (long distance : distances) {
        assertEquals(64L * Integer.MAX_VALUE, distance);
      }
    }
  }

  public void testNearest() {
    for (int count = 0; count <= 515; count++) {
      int words = 1 + random().nextInt(9);
      long[] block = randomLongs(count * words + 2);
      long[] query = randomLongs(words);
      long threshold = words * 32 - 8 + random().nextInt(16);
      long[] expected = new long[count];
      int[] wanted = new int[count];
      int found = 0;
      for (int i = 0; i < count; i++) {
        for (int w = 0; w < words; w++) {
          expected[i] += Long.bitCount(block[w * count + i] ^ query[w]);
        }
        if (expected[i] <= threshold) {
          wanted[found++] = i;
        }
      }
      for (HammingKernels kernels : KERNELS) {
        long[] distances = randomLongs(count);
        int[] hits = new int[count];
        assertEquals(
            found,
            kernels.nearest(
                mapped(block, MISALIGNED),
                MISALIGNED,
                count,
                words,
                query,
                threshold,
                distances,
                hits));
        assertArrayEquals(Arrays.copyOf(wanted, found), Arrays.copyOf(hits, found));
        for (int i = 0; i < found; i++) {
          assertEquals(expected[hits[i]], distances[hits[i]]);
        }
      }
    }
  }

  public void testSelection() {
    for (int count = 0; count <= 515; count++) {
      int range = 1 + random().nextInt(300);
      long[] distances = new long[count + 3];
      Arrays.setAll(distances, i -> random().nextInt(range));
      long threshold = random().nextInt(range + 2) - 1;
      int[] expected = new int[count];
      int found = 0;
      for (int i = 0; i < count; i++) {
        if (distances[i] <= threshold) {
          expected[found++] = i;
        }
      }
      for (HammingKernels kernels : KERNELS) {
        int[] hits = new int[count];
        assertEquals(found, kernels.select(distances, count, threshold, hits));
        assertArrayEquals(Arrays.copyOf(expected, found), Arrays.copyOf(hits, found));
      }
    }
  }

  public void testSelectionOfEstimates() {
    for (int count = 0; count <= 515; count++) {
      int range = 1 + random().nextInt(300);
      float[] estimates = new float[count + 3];
      for (int i = 0; i < estimates.length; i++) {
        estimates[i] = random().nextInt(range) - 100;
      }
      float least =
          random().nextInt(10) == 0 ? Float.NEGATIVE_INFINITY : random().nextInt(range + 2) - 101;
      int[] expected = new int[count];
      int found = 0;
      for (int i = 0; i < count; i++) {
        if (estimates[i] >= least) {
          expected[found++] = i;
        }
      }
      for (HammingKernels kernels : KERNELS) {
        int[] hits = new int[count];
        assertEquals(found, kernels.select(estimates, count, least, hits));
        assertArrayEquals(Arrays.copyOf(expected, found), Arrays.copyOf(hits, found));
      }
    }
  }
}
