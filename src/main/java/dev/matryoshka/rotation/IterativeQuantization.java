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
import java.util.SplittableRandom;

/**
 * Learns the rotation of a level that loses least when signs are taken: Iterative Quantization
 * (Gong and Lazebnik, CVPR 2011). Given the sample's projections V on the level's principal
 * components it alternates between the signs {@code B = sign(VR)} and the rotation R nearest to
 * {@code VᵀB}, starting from a random one. Neither step can lower {@code ‖VR‖₁}. Deviations: a
 * Newton-Schulz polar step instead of an SVD, and an early stop once the gain of an iteration is
 * negligible.
 */
final class IterativeQuantization {

  static final int MAX_ITERATIONS = 50;

  /** Relative gain of an iteration below which it stops. */
  private static final double NEGLIGIBLE = 1e-4;

  /** Vectors of the sample that are looked at: at least the first, or the second for each bit. */
  private static final int MIN_VECTORS = 4096;

  private static final int VECTORS_PER_BIT = 20;

  private static final int CHUNK = 512;

  private final float[] projections;
  private final int count;
  private final int bits;

  /**
   * @param projections row-major, count × bits, bits a multiple of 64; not modified
   */
  IterativeQuantization(float[] projections, int count, int bits) {
    this.projections = projections;
    this.count = Math.min(count, Math.max(MIN_VECTORS, VECTORS_PER_BIT * bits));
    this.bits = bits;
  }

  /**
   * Learns the rotation.
   *
   * @return row-major R, bits × bits, orthogonal: codes are the signs of {@code VR}
   */
  float[] learn(long seed, Runnable interrupt) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] rotation = OrthonormalRows.random(bits, bits, seed, interrupt);
    float[] best = rotation.clone();
    double bestObjective = 0;
    PolarFactor polar = new PolarFactor(bits, interrupt);
    float[] correlation = new float[bits * bits];
    for (int i = 0; i < MAX_ITERATIONS; i++) {
      double objective = correlate(rotation, correlation, interrupt);
      if (objective <= bestObjective * (1 + NEGLIGIBLE)) {
        return objective > bestObjective ? rotation : best;
      }
      bestObjective = objective;
      best = rotation.clone();
      System.arraycopy(correlation, 0, rotation, 0, rotation.length);
      polar.orthogonalise(rotation, random);
    }
    return best;
  }

  /**
   * Computes {@code VᵀB} with {@code B = sign(VR)}.
   *
   * @return {@code ‖VR‖₁}
   */
  private double correlate(float[] rotation, float[] correlation, Runnable interrupt) {
    PackedMatrix packed = new PackedMatrix(rotation, bits, 1, bits, bits);
    Arrays.fill(correlation, 0);
    float[] chunk = new float[CHUNK * bits];
    float[] turned = new float[CHUNK * bits];
    double objective = 0;
    for (int from = 0; from < count; from += CHUNK) {
      int rows = Math.min(CHUNK, count - from);
      System.arraycopy(projections, from * bits, chunk, 0, rows * bits);
      Arrays.fill(turned, 0);
      packed.multiplyAdd(chunk, bits, 1, rows, turned, bits, interrupt);
      double sum = 0;
      for (int i = 0; i < rows * bits; i++) {
        sum += Math.abs(turned[i]);
        turned[i] = turned[i] < 0 ? -1 : 1;
      }
      objective += sum;
      new PackedMatrix(turned, bits, 1, rows, bits)
          .multiplyAdd(chunk, 1, bits, bits, correlation, bits, interrupt);
    }
    return objective;
  }
}
