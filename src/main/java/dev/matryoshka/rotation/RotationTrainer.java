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

import java.util.Arrays;
import java.util.List;

/**
 * Makes rotations from samples. Deterministic: the same sample, shape and seed give the same
 * rotation. Stateless.
 *
 * <p>{@link RotationKind#ITQ} projects on the leading principal components and then learns a
 * rotation of the components of each level among themselves. {@link RotationKind#PCA_RANDOM}
 * projects on the leading principal components and then rotates the components of each level at
 * random among themselves, which spreads the variance evenly over the bits; that is the baseline of
 * Gong and Lazebnik, "Iterative Quantization" (CVPR 2011), after Jégou et al. (CVPR 2010). Rotating
 * level by level keeps the levels nested.
 */
public final class RotationTrainer {

  /** The seed of everything random; fixed so that equal segments get equal rotations. */
  public static final long SEED = 0x4d6174727973686bL;

  /** Most floats in a sample: bounds the heap that training takes to a few times 32 MB. */
  private static final int MAX_SAMPLE_FLOATS = 8 << 20;

  private static final int MAX_SAMPLE = 10_000;

  /**
   * Vectors of a full sample held out of training to measure its result: enough to know the
   * alignment to within 0.6 %.
   */
  private static final int HELD_OUT = 250;

  /**
   * Vectors of a smaller sample, which is all there is, held out for others to measure its result
   * with: codes are better the more training has seen.
   */
  private static final int HELD_OUT_OF_FEW = 32;

  /** Fewer vectors are all trained on. */
  private static final int LEAST_TO_HOLD_OUT_OF = 1024;

  private RotationTrainer() {}

  /** Most vectors that training looks at. */
  public static int sampleLimit(int dims) {
    return Math.min(MAX_SAMPLE, MAX_SAMPLE_FLOATS / dims);
  }

  /**
   * Trains a rotation. Of 1024 rows and more the last 32 are held out.
   *
   * @param sample row-major, count × dims, in random order; left untouched
   * @param count at least 1
   * @param levels prefix lengths in ascending order, multiples of 64, at most dims
   * @param interrupt run now and then; throws to stop the training
   */
  public static Rotation train(
      RotationKind kind,
      float[] sample,
      int count,
      int dims,
      int[] levels,
      long seed,
      Runnable interrupt) {
    boolean full = count >= sampleLimit(dims);
    int held = full ? HELD_OUT : count >= LEAST_TO_HOLD_OUT_OF ? HELD_OUT_OF_FEW : 0;
    int trained = count - held;
    float[] mean = mean(sample, trained, dims);
    float[] centred = Arrays.copyOf(sample, trained * dims);
    for (int i = 0; i < trained; i++) {
      for (int d = 0; d < dims; d++) {
        centred[i * dims + d] -= mean[d];
      }
    }
    int bits = levels[levels.length - 1];
    float[] matrix =
        switch (kind) {
          case NONE -> null;
          case RANDOM -> OrthonormalRows.random(bits, dims, seed, interrupt);
          case PCA -> components(centred, trained, dims, bits, seed, interrupt);
          case PCA_RANDOM, ITQ -> {
            float[] components = components(centred, trained, dims, bits, seed, interrupt);
            yield new LevelTurner(centred, trained, dims, seed, interrupt)
                .turn(components, levels, kind == RotationKind.ITQ);
          }
        };
    TrainingStats untested = new TrainingStats(count, 0, List.of());
    Rotation rotation = new Rotation(kind, levels.clone(), mean, matrix, untested);
    Alignment alignment = Alignment.of(rotation, sample, full ? trained : 0, count);
    return new Rotation(
        kind,
        levels.clone(),
        mean,
        matrix,
        new TrainingStats(count, alignment.alignment(), alignment.energies()));
  }

  private static float[] mean(float[] sample, int count, int dims) {
    double[] sums = new double[dims];
    for (int i = 0; i < count; i++) {
      for (int d = 0; d < dims; d++) {
        sums[d] += sample[i * dims + d];
      }
    }
    float[] mean = new float[dims];
    for (int d = 0; d < dims; d++) {
      mean[d] = (float) (sums[d] / count);
    }
    return mean;
  }

  private static float[] components(
      float[] sample, int count, int dims, int bits, long seed, Runnable interrupt) {
    return PrincipalComponents.compute(sample, count, dims, bits, seed, interrupt);
  }
}
