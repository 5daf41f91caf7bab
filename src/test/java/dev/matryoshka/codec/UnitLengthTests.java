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

import org.apache.lucene.tests.util.LuceneTestCase;

/** Lengths are 1 afterwards, and directions what they were. */
public class UnitLengthTests extends LuceneTestCase {

  public void testScalesItsRangeOnly() {
    for (int length = 1; length < 70; length++) {
      // As large and as small as floats whose squares do not fit a float.
      float magnitude = (float) Math.pow(10, random().nextInt(60) - 30);
      int offset = random().nextInt(3);
      float[] vector = new float[offset + length + 2];
      double squares = 0;
      for (int i = 0; i < vector.length; i++) {
        vector[i] = magnitude * (1 + random().nextFloat()) * (random().nextBoolean() ? 1 : -1);
        squares += i < offset || i >= offset + length ? 0 : (double) vector[i] * vector[i];
      }
      float[] before = vector.clone();
      UnitLength.scale(vector, offset, length);
      for (int i = 0; i < vector.length; i++) {
        boolean inside = i >= offset && i < offset + length;
        double expected = inside ? before[i] / Math.sqrt(squares) : before[i];
        assertEquals(expected, vector[i], inside ? 1e-7 : 0);
      }
    }
  }

  public void testZeroStays() {
    assertArrayEquals(new float[5], UnitLength.copyOf(new float[8], 5), 0f);
  }
}
