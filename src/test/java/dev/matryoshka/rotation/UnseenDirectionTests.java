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
import java.util.Random;

/** What is a direction that codes should see, and what is noise. */
public class UnseenDirectionTests extends MatryoshkaTestCase {

  private static final int DIMS = 128;
  private static final int BITS = 64;
  private static final int TRAINED = 4000;

  /** Components vary less and less, as those of embeddings do. */
  private static float[] sample(Random random, float[] axes, int count, double decay) {
    float[] coordinates = Samples.gaussian(random, count, DIMS);
    for (int i = 0; i < count; i++) {
      for (int d = 0; d < DIMS; d++) {
        coordinates[i * DIMS + d] *= (float) Math.pow(1 + d, -decay / 2);
      }
    }
    return Samples.product(coordinates, count, DIMS, axes, DIMS);
  }

  private static Rotation rotation(RotationKind kind, float[] sample, int bits) {
    return RotationTrainer.train(kind, sample, TRAINED, DIMS, new int[] {bits}, 1, () -> {});
  }

  public void testNoiseIsNoise() {
    for (double decay : new double[] {0, 0.5, 1}) {
      float[] axes = OrthonormalRows.random(DIMS, DIMS, random().nextLong());
      Rotation rotation = rotation(RotationKind.PCA, sample(random(), axes, TRAINED, decay), BITS);
      for (int count : new int[] {128, 1000}) {
        float[] fresh = sample(random(), axes, count, decay);
        double excess = UnseenDirection.excess(rotation, fresh, count);
        assertTrue(excess + " of " + count, excess > 0.5 && excess < 2);
      }
    }
  }

  /** They say nothing of a kind. */
  public void testLengthsDoNotCount() {
    float[] axes = OrthonormalRows.random(DIMS, DIMS, random().nextLong());
    float[] sample = sample(random(), axes, TRAINED, 1);
    float[] fresh = sample(random(), axes, 1000, 1);
    scale(random(), fresh, 3);
    double excess = UnseenDirection.excess(rotation(RotationKind.PCA, sample, BITS), fresh, 1000);
    assertTrue("" + excess, excess > 0.5 && excess < 2);
  }

  /**
   * Lengths that differ more leave few vectors to learn from: much is unseen then, in truth. How
   * much depends on the lengths, so these are always the same.
   */
  public void testLengthsOfTheSampleDoNotCount() {
    Random random = new Random(1);
    float[] axes = OrthonormalRows.random(DIMS, DIMS, random.nextLong());
    float[] sample = sample(random, axes, TRAINED, 1);
    scale(random, sample, 1);
    float[] fresh = sample(random, axes, 1000, 1);
    scale(random, fresh, 3);
    double excess = UnseenDirection.excess(rotation(RotationKind.PCA, sample, BITS), fresh, 1000);
    assertTrue("" + excess, excess > 0.5 && excess < 2);
  }

  private static void scale(Random random, float[] vectors, double deviation) {
    for (int row = 0; row < vectors.length / DIMS; row++) {
      float length = (float) Math.exp(deviation * random.nextGaussian());
      for (int d = 0; d < DIMS; d++) {
        vectors[row * DIMS + d] *= length;
      }
    }
  }

  public void testAnotherKindStandsOut() {
    float[] axes = OrthonormalRows.random(DIMS, DIMS, random().nextLong());
    Rotation rotation = rotation(RotationKind.PCA, sample(random(), axes, TRAINED, 1), BITS);
    float[] apart = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      // As far from the others as these are from each other.
      apart[d] = (float) (random().nextGaussian() * Math.sqrt(2 * 5.4 / DIMS));
    }
    double before = 0;
    for (int share : new int[] {50, 20, 5}) {
      float[] mixed = sample(random(), axes, 1000, 1);
      for (int i = 0; i < 1000; i += share) {
        for (int d = 0; d < DIMS; d++) {
          mixed[i * DIMS + d] += apart[d];
        }
      }
      double excess = UnseenDirection.excess(rotation, mixed, 1000);
      assertTrue("one in " + share + ": " + excess, excess > Math.max(3, before));
      before = excess;
    }
  }

  /** Nor how long they all are, nor how far away. */
  public void testScaleDoesNotCount() {
    float[] axes = OrthonormalRows.random(DIMS, DIMS, random().nextLong());
    float[] sample = sample(random(), axes, TRAINED, 1);
    float[] mixed = sample(random(), axes, 1000, 1);
    for (int i = 0; i < 1000; i += 10) {
      for (int d = 0; d < DIMS; d++) {
        mixed[i * DIMS + d] += axes[(DIMS - 1) * DIMS + d] * 3;
      }
    }
    double expected = UnseenDirection.excess(rotation(RotationKind.PCA, sample, BITS), mixed, 1000);
    assertTrue("" + expected, expected > 3);
    for (float[] vectors : new float[][] {sample, mixed}) {
      for (int at = 0; at < vectors.length; at++) {
        vectors[at] = 1e15f * (vectors[at] + 2);
      }
    }
    double excess = UnseenDirection.excess(rotation(RotationKind.PCA, sample, BITS), mixed, 1000);
    assertEquals(expected, excess, 0.05 * expected);
  }

  public void testNothingUnseen() {
    float[] axes = OrthonormalRows.random(DIMS, DIMS, random().nextLong());
    float[] sample = sample(random(), axes, TRAINED, 1);
    assertEquals(0, UnseenDirection.excess(rotation(RotationKind.PCA, sample, DIMS), sample, 9), 0);
    assertEquals(
        0, UnseenDirection.excess(rotation(RotationKind.NONE, sample, BITS), sample, 9), 0);
    float[] flat = Samples.inSubspace(random(), TRAINED, DIMS, BITS / 2);
    assertEquals(0, UnseenDirection.excess(rotation(RotationKind.ITQ, flat, BITS), flat, 1000), 0);
    float[] equal = new float[TRAINED * DIMS];
    assertEquals(0, UnseenDirection.excess(rotation(RotationKind.ITQ, equal, BITS), equal, 9), 0);
  }
}
