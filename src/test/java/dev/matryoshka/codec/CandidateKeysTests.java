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
package dev.matryoshka.codec;

import dev.matryoshka.MatryoshkaTestCase;
import java.util.Arrays;
import java.util.Random;

/** Selecting the best, against sorting. */
public class CandidateKeysTests extends MatryoshkaTestCase {

  public void testOrder() {
    for (int i = 0; i < 1000; i++) {
      float score = Float.intBitsToFloat(random().nextInt());
      int doc = random().nextInt(Integer.MAX_VALUE);
      long key = CandidateKeys.of(score, doc);
      assertEquals(score, CandidateKeys.score(key), 0);
      assertEquals(doc, CandidateKeys.doc(key));
      float other = Float.intBitsToFloat(random().nextInt());
      if (score != other && Float.isNaN(score) == false && Float.isNaN(other) == false) {
        assertEquals(score > other, key < CandidateKeys.of(other, random().nextInt(1000)));
      }
    }
    assertTrue(CandidateKeys.of(1, 2) < CandidateKeys.of(1, 3));
  }

  public void testSelectsTheBest() {
    for (int i = 0; i < 200; i++) {
      long[] keys = keys(random(), random().nextInt(5));
      int from = random().nextInt(keys.length);
      int to = from + 1 + random().nextInt(keys.length - from);
      int keep = 1 + random().nextInt(2 * (to - from));
      long[] expected = keys.clone();
      Arrays.sort(expected, from, to);
      CandidateKeys.select(keys, from, to, keep);
      int end = Math.min(to, from + keep);
      assertEquals("the worst comes last", expected[end - 1], keys[end - 1]);
      // What belongs to the front is there, and nothing was lost.
      Arrays.sort(keys, from, end);
      Arrays.sort(keys, end, to);
      assertArrayEquals(expected, keys);
    }
  }

  /** Random ones, sorted ones, and equal ones. */
  private static long[] keys(Random random, int kind) {
    long[] keys = new long[1 + random.nextInt(3000)];
    for (int i = 0; i < keys.length; i++) {
      keys[i] =
          switch (kind) {
            case 0 -> CandidateKeys.of(random.nextFloat(), i);
            case 1 -> CandidateKeys.of(1f / (1 + i), i);
            case 2 -> CandidateKeys.of(i, i);
            case 3 -> random.nextInt(3);
            default -> CandidateKeys.of(Math.abs(i - keys.length / 2), i);
          };
    }
    return keys;
  }
}
