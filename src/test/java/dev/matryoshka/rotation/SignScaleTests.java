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

import org.apache.lucene.tests.util.LuceneTestCase;

/** The factor that signs are multiplied by. */
public class SignScaleTests extends LuceneTestCase {

  public void testSquaresOverAbsolutes() {
    for (int length = 1; length < 200; length++) {
      int offset = random().nextInt(5);
      float[] projections = Samples.gaussian(random(), 1, offset + length + 3);
      double squares = 0;
      double absolutes = 0;
      for (int i = offset; i < offset + length; i++) {
        squares += (double) projections[i] * projections[i];
        absolutes += Math.abs(projections[i]);
      }
      double expected = squares / absolutes;
      assertEquals(expected, SignScale.of(projections, offset, length), 1e-5 * expected);
    }
  }

  public void testNothingKnownIsZero() {
    assertEquals(0, SignScale.of(new float[64], 0, 64), 0);
  }
}
