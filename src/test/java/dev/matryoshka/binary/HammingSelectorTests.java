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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.apache.lucene.tests.util.TestUtil;

/** The selector against sorting by distance and position, with few and with very many ties. */
public class HammingSelectorTests extends MatryoshkaTestCase {

  /** The word that position i's code holds in place w, so that captured words can be told apart. */
  private static long word(int position, int w) {
    return position * 1_000_003L + w;
  }

  private static void check(int[] distances, int keep, int maxDistance, int words, int expected) {
    HammingSelector selector = new HammingSelector(keep, maxDistance, words, expected);
    int lastThreshold = maxDistance;
    int gap = 1 + random().nextInt(3);
    for (int i = 0; i < distances.length; i++) {
      assertTrue("the threshold rose", selector.threshold() <= lastThreshold);
      lastThreshold = selector.threshold();
      if (distances[i] <= selector.threshold()) {
        int offset = random().nextInt(3);
        long[] block = new long[offset + words];
        for (int w = 0; w < words; w++) {
          block[offset + w] = word(i * gap, w);
        }
        selector.add(i * gap, distances[i], block, offset);
      }
    }
    selector.finish();
    int[] wanted =
        IntStream.range(0, distances.length)
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> distances[i]).thenComparingInt(i -> i))
            .limit(keep)
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    String shape = "keep " + keep + " of " + distances.length + " up to " + maxDistance;
    assertEquals(shape, wanted.length, selector.size());
    for (int i = 0; i < wanted.length; i++) {
      assertEquals(shape, wanted[i] * gap, selector.position(i));
      assertEquals(shape, distances[wanted[i]], selector.distance(i));
      for (int w = 0; w < words; w++) {
        assertEquals(shape, word(wanted[i] * gap, w), selector.codes()[i * words + w]);
      }
    }
  }

  private static int[] randomDistances(int count, int from, int to) {
    int[] distances = new int[count];
    Arrays.setAll(distances, i -> TestUtil.nextInt(random(), from, to));
    return distances;
  }

  public void testRandomDistances() {
    for (int iteration = 0; iteration < 500; iteration++) {
      int maxDistance = 64 * (1 + random().nextInt(8));
      int count = random().nextInt(3000);
      int keep = 1 + random().nextInt(random().nextBoolean() ? 20 : 4000);
      int[] distances = randomDistances(count, 0, maxDistance);
      check(distances, keep, maxDistance, random().nextInt(5), count + random().nextInt(10));
    }
  }

  public void testHeavyTies() {
    for (int iteration = 0; iteration < 300; iteration++) {
      int from = random().nextInt(64);
      int to = Math.min(64, from + random().nextInt(3));
      int count = random().nextInt(1000);
      check(randomDistances(count, from, to), 1 + random().nextInt(300), 64, 1, count);
    }
  }

  public void testOrders() {
    int[] ascending = IntStream.range(0, 500).map(i -> i / 4).toArray();
    int[] descending = IntStream.range(0, 500).map(i -> 128 - i / 4).toArray();
    for (int keep : new int[] {1, 2, 3, 99, 100, 101, 499, 500, 501, 10_000, Integer.MAX_VALUE}) {
      check(ascending, keep, 128, 2, 500);
      check(descending, keep, 128, 2, 500);
    }
  }

  public void testExtremeDistances() {
    for (int keep : new int[] {1, 2, 5, 6}) {
      check(new int[] {64, 64, 64, 64, 64}, keep, 64, 1, 5);
      check(new int[] {0, 0, 0, 0, 0}, keep, 64, 1, 5);
      check(new int[] {64, 0, 64, 0, 0}, keep, 64, 1, 5);
      check(new int[0], keep, 64, 1, 0);
    }
  }

  public void testMergedPartsSelectWhatOneWould() {
    for (int iteration = 0; iteration < 200; iteration++) {
      int[] distances = randomDistances(1 + random().nextInt(2000), 0, 64);
      int keep = 1 + random().nextInt(500);
      HammingSelector whole = new HammingSelector(keep, 64, 1, distances.length);
      select(whole, distances, 0, distances.length);
      List<Integer> starts = new ArrayList<>(List.of(0));
      for (int i = 1; i < distances.length; i++) {
        if (random().nextInt(300) == 0) {
          starts.add(i);
        }
      }
      // In any order, each told what those before it have found.
      List<Integer> order = new ArrayList<>(IntStream.range(0, starts.size()).boxed().toList());
      Collections.shuffle(order, random());
      AtomicReferenceArray<HammingSelector> done = new AtomicReferenceArray<>(starts.size());
      for (int range : order) {
        int most = HammingSelector.wanted(keep, 64, done, range);
        HammingSelector part = new HammingSelector(keep, most, 1, distances.length);
        int end = range + 1 < starts.size() ? starts.get(range + 1) : distances.length;
        select(part, distances, starts.get(range), end);
        done.set(range, part);
      }
      HammingSelector merged =
          HammingSelector.merge(IntStream.range(0, starts.size()).mapToObj(done::get).toList());
      assertEquals(whole.size(), merged.size());
      for (int i = 0; i < whole.size(); i++) {
        assertEquals(whole.position(i), merged.position(i));
        assertEquals(whole.distance(i), merged.distance(i));
        assertEquals(whole.codes()[i], merged.codes()[i]);
      }
    }
  }

  private static void select(HammingSelector selector, int[] distances, int from, int to) {
    for (int i = from; i < to; i++) {
      if (distances[i] <= selector.threshold()) {
        selector.add(i, distances[i], new long[] {word(i, 0)}, 0);
      }
    }
    selector.finish();
  }

  public void testOthersHaveEnough() {
    int[] distances = {5, 5, 7, 3};
    AtomicReferenceArray<HammingSelector> done = new AtomicReferenceArray<>(3);
    assertEquals(64, HammingSelector.wanted(3, 64, done, 0));
    HammingSelector part = new HammingSelector(3, 64, 1, 4);
    select(part, distances, 0, 4);
    done.set(1, part);
    // As near, and before them; but not after them.
    assertEquals(5, HammingSelector.wanted(3, 64, done, 0));
    assertEquals(4, HammingSelector.wanted(3, 64, done, 2));
    assertEquals(64, HammingSelector.wanted(5, 64, done, 2));
  }

  public void testNothingMoreIsWantedAfterEnoughZeros() {
    HammingSelector selector = new HammingSelector(2, 64, 1, 10);
    long[] block = new long[1];
    selector.add(0, 0, block, 0);
    assertEquals(64, selector.threshold());
    selector.add(1, 0, block, 0);
    assertEquals(-1, selector.threshold());
  }
}
