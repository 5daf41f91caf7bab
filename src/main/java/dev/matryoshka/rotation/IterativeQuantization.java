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

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Learns the rotation of a level that loses least when signs are taken: Iterative Quantization
 * (Gong and Lazebnik, CVPR 2011). Given the sample's projections V on the level's principal
 * components it alternates between the signs {@code B = sign(VR)} and the rotation R nearest to
 * {@code VᵀB}, starting from a random one, which raises {@code ‖VR‖₁}. Deviations: {@code VᵀB} is
 * extrapolated from one iteration to the next, which takes a third of the iterations to a higher
 * end; a polar step by products instead of an SVD; and a stop once the gain of an iteration is
 * negligible.
 */
final class IterativeQuantization {

  static final int MAX_ITERATIONS = 50;

  /** Relative gain of an iteration below which it stops. */
  private static final double NEGLIGIBLE = 3e-4;

  /** Vectors of the sample that are looked at: at least the first, or the second for each bit. */
  private static final int MIN_VECTORS = 4096;

  private static final int VECTORS_PER_BIT = 20;

  private static final int CHUNK = 512;

  /** A chunk is at most so wide; not a power of two, which would crowd one set of the cache. */
  private static final int CHUNK_STRIDE = CHUNK + 64;

  private final int bits;

  /** Vᵀ and V, in chunks of vectors, packed once for all iterations. */
  private final List<PackedMatrix> columns = new ArrayList<>();

  private final List<PackedMatrix> rows = new ArrayList<>();

  /**
   * @param projections row-major, count × bits, bits a multiple of 64; not modified. Copied twice.
   */
  IterativeQuantization(float[] projections, int count, int bits) {
    this.bits = bits;
    int used = Math.min(count, Math.max(MIN_VECTORS, VECTORS_PER_BIT * bits));
    for (int from = 0; from < used; from += CHUNK) {
      int size = Math.min(CHUNK, used - from);
      float[] chunk = Arrays.copyOfRange(projections, from * bits, (from + size) * bits);
      columns.add(new PackedMatrix(chunk, 1, bits, bits, size));
      rows.add(new PackedMatrix(chunk, bits, 1, size, bits));
    }
  }

  /**
   * Learns the rotation.
   *
   * @return row-major R, bits × bits, orthogonal: codes are the signs of {@code VR}
   */
  float[] learn(long seed, Runnable interrupt) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] rotation = transposed(OrthonormalRows.random(bits, bits, seed, interrupt));
    float[] best = rotation.clone();
    double bestObjective = 0;
    PolarFactor polar = new PolarFactor(bits, interrupt);
    float[] correlation = new float[bits * bits];
    float[] before = new float[bits * bits];
    for (int i = 0; i < MAX_ITERATIONS; i++) {
      double objective = correlate(rotation, correlation, interrupt);
      if (objective <= bestObjective * (1 + NEGLIGIBLE)) {
        return transposed(objective > bestObjective ? rotation : best);
      }
      bestObjective = objective;
      best = rotation.clone();
      for (int at = 0; at < rotation.length; at++) {
        rotation[at] = i == 0 ? correlation[at] : 2 * correlation[at] - before[at];
      }
      float[] swapped = before;
      before = correlation;
      correlation = swapped;
      polar.orthogonalise(rotation, random);
    }
    return transposed(best);
  }

  /**
   * Computes {@code BᵀV} with {@code B = sign(VR)}. Everything is transposed, so that what changes
   * with each iteration is always on the left, and is read in rows.
   *
   * @param rotation Rᵀ
   * @return {@code ‖VR‖₁}
   */
  private double correlate(float[] rotation, float[] correlation, Runnable interrupt) {
    Arrays.fill(correlation, 0);
    float[] turned = new float[bits * CHUNK_STRIDE];
    double objective = 0;
    for (int chunk = 0; chunk < rows.size(); chunk++) {
      Arrays.fill(turned, 0);
      columns.get(chunk).multiplyAdd(rotation, bits, 1, bits, turned, CHUNK_STRIDE, interrupt);
      for (int b = 0; b < bits; b++) {
        objective += FloatKernels.INSTANCE.sumOfAbsolutes(turned, b * CHUNK_STRIDE, CHUNK_STRIDE);
      }
      for (int i = 0; i < turned.length; i++) {
        turned[i] = Math.copySign(1f, turned[i]);
      }
      rows.get(chunk).multiplyAdd(turned, CHUNK_STRIDE, 1, bits, correlation, bits, interrupt);
    }
    return objective;
  }

  private float[] transposed(float[] matrix) {
    float[] result = new float[matrix.length];
    for (int i = 0; i < bits; i++) {
      for (int j = 0; j < bits; j++) {
        result[j * bits + i] = matrix[i * bits + j];
      }
    }
    return result;
  }
}
