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
import java.util.BitSet;

/** How wide levels are rotated in parts. */
public class LevelTurnerTests extends MatryoshkaTestCase {

  public void testComponentsAreDealtOut() {
    for (int units = 1; units <= 64; units++) {
      int from = 64 * random().nextInt(3);
      int to = from + 64 * units;
      int[][] parts = LevelTurner.deal(from, to);
      assertEquals((units + 7) / 8, parts.length);
      BitSet dealt = new BitSet();
      for (int[] part : parts) {
        assertEquals(0, part.length % 64);
        assertTrue(part.length <= LevelTurner.WIDEST);
        for (int i = 0; i < part.length; i++) {
          assertFalse(dealt.get(part[i]));
          dealt.set(part[i]);
          // As many of the first ones as of the last.
          assertEquals((part[i] - from) / (double) (to - from), i / (double) part.length, 0.05);
        }
      }
      assertEquals(to - from, dealt.cardinality());
      assertEquals(to, dealt.length());
    }
  }

  /** Narrow ones are what they were. */
  public void testOnePartWherePossible() {
    int[][] parts = LevelTurner.deal(64, 576);
    assertEquals(1, parts.length);
    for (int i = 0; i < 512; i++) {
      assertEquals(64 + i, parts[0][i]);
    }
  }

  public void testWideLevelsStayOrthonormal() {
    int dims = 640;
    float[] sample = Samples.gaussian(random(), 700, dims);
    for (boolean learned : new boolean[] {true, false}) {
      float[] components = OrthonormalRows.random(dims, dims, 1);
      float[] turned =
          new LevelTurner(sample, 700, dims, 1, () -> {})
              .turn(components, new int[] {64, 640}, learned);
      for (int i = 0; i < 50; i++) {
        int a = random().nextInt(dims);
        int b = random().nextInt(dims);
        float dot = FloatKernels.INSTANCE.dot(turned, a * dims, turned, b * dims, dims);
        assertEquals(a == b ? 1 : 0, dot, 1e-4f);
      }
    }
  }
}
