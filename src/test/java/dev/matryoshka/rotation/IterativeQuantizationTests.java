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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.tests.util.LuceneTestCase;

/** The learned rotation is orthogonal whatever the data, and better than where it started. */
public class IterativeQuantizationTests extends LuceneTestCase {

  private static final int BITS = 64;

  public void testOrthogonalWhateverTheData() {
    Map<String, float[]> samples = new LinkedHashMap<>();
    samples.put("ordinary", Samples.gaussian(random(), 700, BITS));
    samples.put("of rank 10", Samples.inSubspace(random(), 700, BITS, 10));
    samples.put("few", Samples.gaussian(random(), 3, BITS));
    samples.put("zeros", new float[20 * BITS]);
    float[] identical = new float[600 * BITS];
    for (int i = 0; i < identical.length; i++) {
      identical[i] = i % BITS - 20;
    }
    samples.put("identical", identical);
    samples.put("huge", scaled(Samples.gaussian(random(), 600, BITS), 1e15f));
    samples.put("tiny", scaled(Samples.gaussian(random(), 600, BITS), 1e-30f));
    samples.forEach(
        (name, sample) -> {
          float[] rotation = learn(sample);
          double deviation = Samples.deviationFromOrthonormal(rotation, BITS, BITS);
          assertTrue(name + " deviates by " + deviation, deviation < 1e-5);
        });
  }

  public void testObjectiveNeverWorsens() {
    float[] sample = clusters(600);
    float[] rotation = OrthonormalRows.random(BITS, BITS, RotationTrainer.SEED);
    PolarFactor polar = new PolarFactor(BITS, () -> {});
    double start = objective(sample, rotation);
    double before = start;
    for (int i = 0; i < 30; i++) {
      rotation = correlation(sample, rotation);
      polar.orthogonalise(rotation, new SplittableRandom(1));
      double after = objective(sample, rotation);
      assertTrue(after + " after " + before, after >= before * (1 - 1e-5));
      before = after;
    }
    double learned = objective(sample, learn(sample));
    assertTrue(learned + " from " + start, learned > 1.02 * start);
    assertTrue(learned + " but could be " + before, learned >= 0.99 * before);
  }

  public void testFindsSignsThatLoseLess() {
    // Corners of a turned cube: some rotation makes all projections as large as can be.
    float[] corners = new float[600 * BITS];
    for (int i = 0; i < corners.length; i++) {
      corners[i] = random().nextBoolean() ? 1 : -1;
    }
    float[] turn = OrthonormalRows.random(BITS, BITS, random().nextLong());
    float[] sample = Samples.product(corners, 600, BITS, turn, BITS);
    double perfect = 600.0 * BITS;
    double random = objective(sample, OrthonormalRows.random(BITS, BITS, 1));
    double learned = objective(sample, learn(sample));
    assertTrue(learned / perfect + " from " + random / perfect, learned > 1.04 * random);
  }

  public void testInputIsLeftUntouched() {
    float[] sample = Samples.gaussian(random(), 100, BITS);
    float[] copy = sample.clone();
    assertArrayEquals(learn(sample), learn(sample), 0f);
    assertArrayEquals(copy, sample, 0f);
  }

  public void testInterruptStopsItWhenever() {
    RuntimeException stop = new RuntimeException("stop");
    float[] sample = Samples.gaussian(random(), 100, BITS);
    AtomicInteger calls = new AtomicInteger();
    new IterativeQuantization(sample, 100, BITS).learn(1, calls::incrementAndGet);
    AtomicInteger left = new AtomicInteger(random().nextInt(calls.get()));
    Runnable interrupt =
        () -> {
          if (left.getAndDecrement() == 0) {
            throw stop;
          }
        };
    assertSame(
        stop,
        expectThrows(
            RuntimeException.class,
            () -> new IterativeQuantization(sample, 100, BITS).learn(1, interrupt)));
    assertEquals("stopped at once", -1, left.get());
  }

  private static float[] learn(float[] sample) {
    return new IterativeQuantization(sample, sample.length / BITS, BITS)
        .learn(RotationTrainer.SEED, () -> {});
  }

  private static float[] scaled(float[] sample, float factor) {
    for (int i = 0; i < sample.length; i++) {
      sample[i] *= factor;
    }
    return sample;
  }

  /** Points around a few centres, where there is something to learn. */
  private static float[] clusters(int count) {
    float[] centres = Samples.gaussian(random(), 12, BITS);
    float[] sample = scaled(Samples.gaussian(random(), count, BITS), 0.3f);
    for (int i = 0; i < count; i++) {
      int centre = random().nextInt(12);
      for (int d = 0; d < BITS; d++) {
        sample[i * BITS + d] += centres[centre * BITS + d];
      }
    }
    return sample;
  }

  /** {@code ‖VR‖₁}. */
  private static double objective(float[] sample, float[] rotation) {
    int count = sample.length / BITS;
    double sum = 0;
    for (float value : Samples.product(sample, count, BITS, rotation, BITS)) {
      sum += Math.abs(value);
    }
    return sum;
  }

  /** {@code Vᵀ sign(VR)}. */
  private static float[] correlation(float[] sample, float[] rotation) {
    int count = sample.length / BITS;
    float[] turned = Samples.product(sample, count, BITS, rotation, BITS);
    float[] transposed = new float[sample.length];
    for (int i = 0; i < count; i++) {
      for (int d = 0; d < BITS; d++) {
        transposed[d * count + i] = sample[i * BITS + d];
        turned[i * BITS + d] = turned[i * BITS + d] < 0 ? -1 : 1;
      }
    }
    return Samples.product(transposed, BITS, count, turned, BITS);
  }
}
