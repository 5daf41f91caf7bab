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

import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.search.ExpectedMisses.Work;
import dev.matryoshka.search.Regression.Line;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The arithmetic of targets: tails, lines, orders, and what is expected of the rest. */
public class ExpectedMissesTests extends MatryoshkaTestCase {

  public void testTailOfTheNormalDistribution() {
    double[][] known = {{0, 0.5}, {1, 0.158655}, {2, 0.0227501}, {3, 0.00134990}, {4, 3.16712e-5}};
    for (double[] each : known) {
      assertEquals(each[1], NormalTail.above(each[0]), 0.16 * each[1]);
      assertEquals(1 - each[1], NormalTail.above(-each[0]), 0.16 * each[1]);
    }
    for (double z = -4; z <= 4; z += 0.01) {
      assertEquals(z, NormalTail.exceededBy(NormalTail.above(z)), 1e-6);
    }
  }

  public void testLineThroughPoints() {
    Regression regression = new Regression();
    double slope = random().nextDouble();
    double deviation = 0.1 + random().nextDouble();
    for (int i = 0; i < 20_000; i++) {
      double x = random().nextGaussian();
      regression.add(x, 3 + slope * x + deviation * random().nextGaussian());
    }
    Line line = regression.line();
    assertEquals(3, line.intercept(), 0.05);
    assertEquals(slope, line.slope(), 0.05);
    assertEquals(deviation, Math.sqrt(line.variance()), 0.05);
    Line twice = line.after(line);
    assertEquals(line.at(line.at(1.5)), twice.at(1.5), 1e-9);
    assertEquals((1 + line.slope() * line.slope()) * line.variance(), twice.variance(), 1e-9);
  }

  public void testLineNeverFalls() {
    Regression regression = new Regression();
    regression.add(1, 5);
    assertEquals(5, regression.line().intercept(), 0);
    assertEquals(0, regression.line().slope(), 0);
    regression.add(1, 7);
    assertEquals(0, regression.line().slope(), 0);
    regression.add(2, 1);
    regression.add(3, 0);
    assertEquals(0, regression.line().slope(), 0);
    assertTrue(regression.line().variance() > 1);
  }

  public void testEqualPointsCountOnce() {
    Regression regression = new Regression();
    Regression copied = new Regression();
    int points = 8 + random().nextInt(40);
    for (int i = 0; i < points; i++) {
      float x = i + random().nextFloat();
      float y = x + random().nextFloat();
      assertTrue(Float.isNaN(regression.known(x)));
      regression.add(x, y);
      for (int copies = random().nextInt(100); copies >= 0; copies--) {
        copied.add(x, y);
      }
      assertEquals(y, copied.known(x), 0);
    }
    assertEquals(regression.line(), copied.line());
  }

  public void testFewPointsTellNothing() {
    Regression regression = new Regression();
    for (int i = 0; i < 8; i++) {
      if (i > 0) {
        assertTrue(regression.line().variance() > 1e30);
      }
      regression.add(i, i);
      regression.add(i, i);
    }
    assertEquals(0, regression.line().variance(), 1e-9);
    assertEquals(4, regression.line().deviatingBy(2).variance(), 0);
  }

  /** More points than are remembered. */
  public void testManyPoints() {
    Regression regression = new Regression();
    for (int i = 0; i < 5000; i++) {
      regression.add(i, 2 * i);
    }
    assertEquals(2, regression.line().slope(), 1e-9);
    assertEquals(22, regression.known(11), 0);
    assertTrue(Float.isNaN(regression.known(4999)));
  }

  public void testCopiesAreWantedAsTheirOriginalsAre() {
    Regression known = new Regression();
    known.add(0.5, 0.9);
    known.add(0.6, 0.7);
    ExpectedMisses misses = new ExpectedMisses(new Line(0, 1, 0.01), 1, 0.8f, known);
    misses.add(0.5f, 3);
    misses.add(0.6f, 5);
    assertEquals(3, misses.sum(), 0.01);
    misses.add(0.8f, 2);
    assertEquals(4, misses.sum(), 0.1);
  }

  /** To the width of a bin. */
  public void testExpectationIsTheSumOfProbabilities() {
    Line line = new Line(0.2, 0.7, 0.01);
    float least = 0.8f;
    ExpectedMisses misses = new ExpectedMisses(line, 1, least);
    double expected = 0;
    for (int i = 0; i < 5000; i++) {
      double score = random().nextDouble();
      misses.add(score, 2);
      expected += 2 * NormalTail.above((least - line.at(score)) / 0.1);
    }
    assertEquals(expected, misses.sum(), 0.01 * expected);
  }

  public void testNeededFallsWithWhatIsAllowed() {
    double[] scores = new double[1000];
    Arrays.setAll(scores, i -> random().nextDouble());
    ExpectedMisses misses = new ExpectedMisses(new Line(0, 1, 0.01), 1.1, 0.7f);
    for (double score : scores) {
      misses.add(score, 1);
    }
    int previous = Integer.MAX_VALUE;
    for (double allowed = 0; allowed < 1.1 * misses.sum(); allowed += 0.02 * misses.sum()) {
      int needed = misses.needed(allowed);
      assertTrue(needed <= previous);
      previous = needed;
      int bin = misses.binOf(needed);
      double rest = 0;
      ExpectedMisses left = new ExpectedMisses(new Line(0, 1, 0.01), 1.1, 0.7f);
      for (double score : scores) {
        if (needed == 0 || misses.bin(score) > bin) {
          left.add(score, 1);
        }
      }
      assertTrue(left.sum() <= allowed + 1e-9);
    }
    assertEquals(0, previous);
  }

  /** What promises much is looked at even where enough is expected to have been found. */
  public void testPromisingOnesAreWorthTheirPrice() {
    Line line = new Line(0, 1, 0.01);
    ExpectedMisses none = new ExpectedMisses(line, 1, 0.7f);
    ExpectedMisses candidates = new ExpectedMisses(line, 1, 0.7f);
    candidates.add(0.7, 10);
    candidates.add(0.6, 20);
    candidates.add(0.45, 40);
    assertEquals(new Work(0, 30), ExpectedMisses.leastWork(none, candidates, 100, 4));
    assertEquals(new Work(0, 70), ExpectedMisses.leastWork(none, candidates, 0.1, 4));
    // Estimates are cheaper, so that less of a promise is enough.
    assertEquals(new Work(30, 0), ExpectedMisses.leastWork(candidates, none, 100, 2));
    assertEquals(new Work(0, 0), ExpectedMisses.leastWork(none, none, 100, 4));
  }

  public void testEverythingIsWantedWhileThereIsRoom() {
    ExpectedMisses misses = new ExpectedMisses(new Line(0, 1, 0), 1, Float.NEGATIVE_INFINITY);
    misses.add(0.3, 7);
    assertEquals(7, misses.sum(), 1e-6);
    assertEquals(7, misses.needed(0.1));
  }

  public void testTiesAreNotMissed() {
    ExpectedMisses misses = new ExpectedMisses(new Line(0.75, 0, 0), 1, 0.75f);
    misses.add(0.3, 100_000);
    assertEquals(0, misses.sum(), 1e-6);
  }

  public void testCoarseOrder() {
    for (boolean whole : new boolean[] {true, false}) {
      float[] scores = new float[random().nextInt(3000)];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = whole ? -random().nextInt(256) : random().nextFloat();
      }
      int[] expected =
          IntStream.range(0, scores.length)
              .boxed()
              .sorted((a, b) -> Float.compare(scores[b], scores[a]))
              .mapToInt(Integer::intValue)
              .toArray();
      assertArrayEquals(expected, CoarseOrder.of(scores));
    }
  }

  public void testTargetsOutOfRange() {
    for (double share : new double[] {0.499, 1, 1.5, -1, 0, Double.NaN, Double.POSITIVE_INFINITY}) {
      IllegalArgumentException e =
          expectThrows(IllegalArgumentException.class, () -> new RecallTarget(share));
      assertEquals(
          "[target_recall] must be at least [0.5] and less than [1] but was [" + share + "]",
          e.getMessage());
    }
    assertEquals(5, new RecallTarget(0.5).misses(10), 0);
  }
}
