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

/** Both implementations against bit counting, for every number of groups up to a block. */
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

  /** Codes of so many groups, of which most tests look at all. */
  private static long[] randomCodes(int groups, int words) {
    return randomLongs(groups * HammingKernels.GROUP * words);
  }

  private static long differing(long[] codes, int i, int w, int words, long word) {
    return Long.bitCount(codes[(i / 8 * words + w) * 8 + i % 8] ^ word);
  }

  public void testGroups() {
    assertEquals(0, HammingKernels.groups(0));
    assertEquals(1, HammingKernels.groups(1));
    assertEquals(1, HammingKernels.groups(8));
    assertEquals(2, HammingKernels.groups(9));
    // Every word has a place of its own, and words of a group are together.
    int words = 1 + random().nextInt(6);
    boolean[] taken = new boolean[24 * words];
    for (int i = 0; i < 24; i++) {
      for (int w = 0; w < words; w++) {
        int at = HammingKernels.index(i, w, words);
        assertFalse(taken[at]);
        taken[at] = true;
        assertEquals(i / 8, at / (8 * words));
      }
    }
  }

  public void testDistances() {
    for (int groups = 0; groups <= 65; groups++) {
      int count = groups * HammingKernels.GROUP;
      int words = 1 + random().nextInt(10);
      int queryOffset = random().nextInt(3);
      int weight = random().nextBoolean() ? 1 : 1 + random().nextInt(1000);
      long[] codes = randomCodes(groups, words);
      long[] query = randomLongs(queryOffset + words);
      if (random().nextInt(10) == 0) {
        Arrays.fill(codes, ~query[queryOffset]);
      }
      long[] before = new long[count + 2];
      Arrays.setAll(before, i -> random().nextInt(100));
      long[] expected = before.clone();
      for (int i = 0; i < count; i++) {
        for (int w = 0; w < words; w++) {
          expected[i] += weight * differing(codes, i, w, words, query[queryOffset + w]);
        }
      }
      MemorySegment mapped = mapped(codes, MISALIGNED);
      for (HammingKernels kernels : KERNELS) {
        long[] distances = before.clone();
        kernels.addDistances(codes, groups, words, query, queryOffset, weight, distances);
        assertArrayEquals(kernels + " with groups " + groups, expected, distances);
        distances = before.clone();
        kernels.addDistances(
            mapped, MISALIGNED, groups, words, query, queryOffset, weight, distances);
        assertArrayEquals(kernels + " in place with groups " + groups, expected, distances);
      }
    }
  }

  public void testPlaneDistances() {
    for (int groups = 0; groups <= 65; groups++) {
      int words = 1 + random().nextInt(10);
      long[] codes = randomCodes(groups, words);
      long[] planes = randomLongs(QueryPlanes.PLANES * words);
      long[] before = new long[groups * HammingKernels.GROUP + 2];
      Arrays.setAll(before, i -> random().nextInt(100));
      long[] expected = before.clone();
      for (int i = 0; i < groups * HammingKernels.GROUP; i++) {
        for (int plane = 0; plane < QueryPlanes.PLANES; plane++) {
          for (int w = 0; w < words; w++) {
            expected[i] += differing(codes, i, w, words, planes[plane * words + w]) << plane;
          }
        }
      }
      for (HammingKernels kernels : KERNELS) {
        long[] distances = before.clone();
        kernels.addPlaneDistances(
            mapped(codes, MISALIGNED), MISALIGNED, groups, words, planes, distances);
        assertArrayEquals(kernels + " with groups " + groups, expected, distances);
      }
    }
  }

  public void testWeightedDistancesDoNotOverflowInts() {
    int groups = 5;
    long[] codes = new long[groups * HammingKernels.GROUP];
    long[] query = {-1L};
    for (HammingKernels kernels : KERNELS) {
      long[] distances = new long[codes.length];
      kernels.addDistances(codes, groups, 1, query, 0, Integer.MAX_VALUE, distances);
      for (long distance : distances) {
        assertEquals(64L * Integer.MAX_VALUE, distance);
      }
    }
  }

  public void testNearest() {
    for (int groups = 0; groups <= 65; groups++) {
      int count = groups * HammingKernels.GROUP;
      int words = 1 + random().nextInt(9);
      long[] codes = randomCodes(groups, words);
      long[] query = randomLongs(words);
      long threshold = words * 32 - 8 + random().nextInt(16);
      long[] expected = new long[count];
      int[] wanted = new int[count];
      int found = 0;
      for (int i = 0; i < count; i++) {
        for (int w = 0; w < words; w++) {
          expected[i] += differing(codes, i, w, words, query[w]);
        }
        if (expected[i] <= threshold) {
          wanted[found++] = i;
        }
      }
      MemorySegment mapped = mapped(codes, MISALIGNED);
      for (HammingKernels kernels : KERNELS) {
        long[] distances = randomLongs(count);
        int[] hits = new int[count];
        assertEquals(
            found,
            kernels.nearest(mapped, MISALIGNED, groups, words, query, threshold, distances, hits));
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
