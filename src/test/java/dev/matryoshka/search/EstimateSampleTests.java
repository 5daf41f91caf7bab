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
package dev.matryoshka.search;

import org.apache.lucene.tests.util.LuceneTestCase;

/** Where estimates and deviations are normal, what a sample expects is what theory says. */
public class EstimateSampleTests extends LuceneTestCase {

  private static final double AVERAGE = 0.4;
  private static final double SPREAD = 0.05;

  /** Deviation of scores from estimates, so that scores spread by 0.0625. */
  private static final double DEVIATION = 0.0375;

  private final EstimateSample sample = normal(200_000);

  private EstimateSample normal(int count) {
    float[] estimates = new float[count + 10];
    for (int i = 0; i < count; i++) {
      estimates[i] = (float) (AVERAGE + SPREAD * random().nextGaussian());
    }
    return new EstimateSample(estimates, count);
  }

  private static double lacking(double score) {
    return score / DEVIATION;
  }

  public void testCountsMatches() {
    double score = AVERAGE + 2 * 0.0625;
    double matching = sample.matching(lacking(score), 1 / DEVIATION);
    assertEquals(NormalTail.above(2), matching, 0.05 * NormalTail.above(2));
  }

  public void testLimitLosesWhatIsAllowed() {
    double score = AVERAGE + 2 * 0.0625;
    double matching = sample.matching(lacking(score), 1 / DEVIATION);
    for (double share : new double[] {0.2, 0.01, 0.001}) {
      double limit = sample.limit(share * matching, lacking(score), 1 / DEVIATION);
      double lost = sample.matchingBelow(limit, lacking(score), 1 / DEVIATION);
      assertTrue(lost <= share * matching);
      // The next bin would have been too much.
      double next = limit + (sample.at(1) - sample.at(0)) / 16;
      double more = sample.matchingBelow(next * (1 + 1e-9), lacking(score), 1 / DEVIATION);
      assertTrue(more > share * matching);
    }
  }

  public void testNothingMayBeLost() {
    double limit = sample.limit(0, lacking(AVERAGE), 1 / DEVIATION);
    assertEquals(0, sample.matchingBelow(limit, lacking(AVERAGE), 1 / DEVIATION), 0);
  }

  public void testEstimatesThatSayNothing() {
    double matching = sample.matching(2, 0);
    assertEquals(NormalTail.above(2), matching, 1e-9);
    double limit = sample.limit(0.5 * matching, 2, 0);
    assertEquals(AVERAGE, limit, SPREAD / 16 + 0.002);
  }

  public void testEqualEstimates() {
    EstimateSample equal = new EstimateSample(new float[] {0.5f, 0.5f, 0.5f}, 3);
    assertEquals(1, equal.matching(-10, 0), 1e-6);
    assertEquals(0.5, equal.at(2), 1e-6);
    assertTrue(equal.limit(0.1, -10, 0) <= 0.5);
  }
}
