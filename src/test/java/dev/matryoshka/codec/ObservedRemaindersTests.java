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

/** What remainders are taken for, by others. */
public class ObservedRemaindersTests extends LuceneTestCase {

  private final ObservedRemainders observed = new ObservedRemainders(2);

  public void testNearlyAllNormalOnesAreBelow() {
    double average = random().nextDouble() - 0.5;
    double deviation = 0.01 + random().nextDouble();
    for (int i = 0; i < 500; i++) {
      double length = 0.1 + random().nextDouble();
      observed.add(0, (average + deviation * random().nextGaussian()) * length, length);
    }
    double most = observed.most(0, 0);
    assertEquals(average + 6 * deviation, most, 1.5 * deviation);
    assertEquals("other levels know nothing", false, observed.enough(1));
  }

  public void testEqualVectorsDoNotMakeSure() {
    double product = random().nextDouble();
    for (int i = 0; i < 100; i++) {
      observed.add(1, product, 0.5);
    }
    assertTrue(observed.enough(1));
    assertEquals(2 * product + 6 * 0.25, observed.most(1, 0.25), 1e-9);
  }

  public void testVectorsWithoutRemainderTellNothing() {
    for (int i = 0; i < 100; i++) {
      observed.add(0, random().nextBoolean() ? 0 : 1e-9, 0);
      observed.add(0, Double.NEGATIVE_INFINITY, 1);
    }
    assertFalse(observed.enough(0));
  }

  public void testCopiesAreIndependent() {
    for (int i = 0; i < 64; i++) {
      assertFalse(observed.enough(0));
      observed.add(0, 1, 1);
    }
    ObservedRemainders copy = observed.copy();
    double most = copy.most(0, 0.1);
    observed.add(0, 100, 1);
    assertTrue(copy.enough(0));
    assertEquals(most, copy.most(0, 0.1), 0);
  }
}
