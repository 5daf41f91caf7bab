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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What every rotation promises, whatever the data: orthonormal, nested, deterministic. */
public class RotationTrainerTests extends MatryoshkaTestCase {

  private static final int DIMS = 200;

  private static Rotation train(RotationKind kind, float[] sample, int dims, int... levels) {
    return RotationTrainer.train(
        kind, sample.clone(), sample.length / dims, dims, levels, RotationTrainer.SEED, () -> {});
  }

  /** Samples as they may come, good and bad. */
  private static Map<String, float[]> samples() {
    Map<String, float[]> samples = new LinkedHashMap<>();
    samples.put("ordinary", Samples.gaussian(random(), 400, DIMS));
    samples.put("in a subspace", Samples.inSubspace(random(), 400, DIMS, 10));
    samples.put("fewer than bits", Samples.gaussian(random(), 30, DIMS));
    samples.put("single", Samples.gaussian(random(), 1, DIMS));
    samples.put("zeros", new float[50 * DIMS]);
    float[] identical = new float[100 * DIMS];
    Arrays.fill(identical, 0.1f);
    samples.put("identical", identical);
    samples.put("far away", shifted(Samples.gaussian(random(), 400, DIMS), 1000));
    samples.put("huge", scaled(Samples.gaussian(random(), 200, DIMS), 1e16f));
    samples.put("tiny", scaled(Samples.gaussian(random(), 200, DIMS), 1e-30f));
    return samples;
  }

  private static float[] scaled(float[] sample, float factor) {
    for (int i = 0; i < sample.length; i++) {
      sample[i] *= factor;
    }
    return sample;
  }

  private static float[] shifted(float[] sample, float by) {
    for (int i = 0; i < sample.length; i++) {
      sample[i] += by;
    }
    return sample;
  }

  public void testRowsAreOrthonormal() {
    for (var sample : samples().entrySet()) {
      for (RotationKind kind : RotationKind.values()) {
        Rotation rotation = train(kind, sample.getValue(), DIMS, 64, 192);
        String message = kind + " of sample " + sample.getKey();
        assertEquals(192, rotation.bits());
        assertEquals(DIMS, rotation.dims());
        for (float value : rotation.mean()) {
          assertTrue(message, Float.isFinite(value));
        }
        float alignment = rotation.stats().alignment();
        assertTrue(message + " has alignment " + alignment, alignment >= 0 && alignment <= 1.001f);
        if (kind == RotationKind.NONE) {
          assertNull(rotation.matrix());
        } else {
          double deviation = Samples.deviationFromOrthonormal(rotation.matrix(), 192, DIMS);
          assertTrue(message + " deviates by " + deviation, deviation < 1e-5);
        }
      }
    }
  }

  public void testSameInputSameRotation() {
    for (float[] sample : samples().values()) {
      for (RotationKind kind : RotationKind.values()) {
        Rotation first = train(kind, sample, DIMS, 64, 128);
        Rotation second = train(kind, sample, DIMS, 64, 128);
        assertEquals(first, second);
        assertEquals(first.hashCode(), second.hashCode());
        assertEquals(first.stats(), second.stats());
      }
    }
  }

  public void testSameInputSameRotationByIteration() {
    int dims = PrincipalComponents.DIRECT_DIMS + 1;
    float[] sample = Samples.inSubspace(random(), 100, dims, 20);
    Rotation first = train(RotationKind.PCA_RANDOM, sample, dims, 64);
    assertEquals(first, train(RotationKind.PCA_RANDOM, sample, dims, 64));
    assertTrue(Samples.deviationFromOrthonormal(first.matrix(), 64, dims) < 1e-5);
  }

  public void testDifferentDataDifferentRotation() {
    float[] one = Samples.gaussian(random(), 100, DIMS);
    float[] other = Samples.gaussian(random(), 100, DIMS);
    for (RotationKind kind : RotationKind.values()) {
      assertNotEquals(train(kind, one, DIMS, 64), train(kind, other, DIMS, 64));
    }
    // A random projection does not look at the data; only the mean differs.
    assertArrayEquals(
        train(RotationKind.RANDOM, one, DIMS, 64).matrix(),
        train(RotationKind.RANDOM, other, DIMS, 64).matrix(),
        0f);
  }

  /** What is held out has no part in the rotation. */
  public void testTheLastRowsAreHeldOut() {
    int count = 1024 + random().nextInt(200);
    float[] sample = Samples.gaussian(random(), count, DIMS);
    float[] other = sample.clone();
    int heldOut = (count - 32) * DIMS;
    for (int i = heldOut; i < other.length; i++) {
      other[i] = random().nextFloat();
    }
    for (RotationKind kind : RotationKind.values()) {
      Rotation rotation = train(kind, sample, DIMS, 64);
      assertArrayEquals(rotation.mean(), train(kind, other, DIMS, 64).mean(), 0f);
      assertArrayEquals(rotation.matrix(), train(kind, other, DIMS, 64).matrix(), 0f);
      float trained = other[heldOut - 1]++;
      assertNotEquals(rotation.mean()[DIMS - 1], train(kind, other, DIMS, 64).mean()[DIMS - 1], 0f);
      other[heldOut - 1] = trained;
    }
  }

  public void testMeanIsSubtracted() {
    float[] sample = shifted(Samples.gaussian(random(), 300, DIMS), 5);
    for (RotationKind kind : RotationKind.values()) {
      float[] mean = train(kind, sample, DIMS, 64).mean();
      for (int d = 0; d < DIMS; d++) {
        double sum = 0;
        for (int i = 0; i < 300; i++) {
          sum += sample[i * DIMS + d];
        }
        assertEquals(sum / 300, mean[d], 1e-5);
      }
    }
  }

  public void testLevelsDoNotMix() {
    double[] variances = new double[DIMS];
    Arrays.setAll(variances, i -> Math.pow(0.96, i));
    var known = Samples.withVariances(random(), 500, DIMS, variances);
    // The mean takes one degree of freedom from the exact axes; compare with components of the
    // centred sample instead.
    float[] centred = known.sample().clone();
    int[] levels = {64, 128, 192};
    Rotation rotation = train(RotationKind.PCA_RANDOM, centred, DIMS, levels);
    for (int i = 0; i < centred.length; i++) {
      centred[i] -= rotation.mean()[i % DIMS];
    }
    float[] components =
        PrincipalComponents.compute(centred, 500, DIMS, 192, RotationTrainer.SEED, () -> {});
    int from = 0;
    for (int to : levels) {
      for (int row = from; row < to; row++) {
        double inside = 0;
        for (int component = from; component < to; component++) {
          double cosine = Samples.dot(rotation.matrix(), row, components, component, DIMS);
          inside += cosine * cosine;
        }
        assertEquals("row " + row + " leaves the level up to " + to, 1, inside, 1e-4);
      }
      from = to;
    }
  }

  public void testVarianceIsSpreadOverTheBitsOfALevel() {
    double[] variances = new double[DIMS];
    Arrays.setAll(variances, i -> Math.pow(0.9, i));
    float[] sample = Samples.withVariances(random(), 500, DIMS, variances).sample();
    Rotation rotation = train(RotationKind.PCA_RANDOM, sample, DIMS, 64);
    double mean = Samples.energy(sample, 500, DIMS, rotation.matrix(), 64) / 64;
    for (int row = 0; row < 64; row++) {
      float[] one = Arrays.copyOfRange(rotation.matrix(), row * DIMS, (row + 1) * DIMS);
      double variance = Samples.energy(sample, 500, DIMS, one, 1);
      // The first component alone holds ten percent of it all, 6.4 times the mean.
      assertTrue("row " + row, variance < 3 * mean);
    }
  }

  public void testInterruptStopsTraining() {
    float[] sample = Samples.gaussian(random(), 1500, DIMS);
    int[] calls = new int[1];
    RotationTrainer.train(
        RotationKind.PCA_RANDOM, sample, 1500, DIMS, new int[] {64}, 1, () -> calls[0]++);
    assertTrue("called " + calls[0] + " times", calls[0] >= 3);
    RuntimeException stop = new RuntimeException("stop");
    RuntimeException thrown =
        expectThrows(
            RuntimeException.class,
            () ->
                RotationTrainer.train(
                    RotationKind.PCA_RANDOM,
                    sample,
                    1500,
                    DIMS,
                    new int[] {64},
                    1,
                    () -> {
                      throw stop;
                    }));
    assertSame(stop, thrown);
  }

  public void testSampleLimitBoundsTheHeap() {
    for (int dims : new int[] {2, 64, 768, 1024, 4096}) {
      int limit = RotationTrainer.sampleLimit(dims);
      assertTrue(limit > 0 && limit <= 10_000);
      assertTrue((long) limit * dims <= 8 << 20);
    }
  }
}
