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

/**
 * Learns a {@link BoundBasis} from a sample: the principal components of the vectors as they are,
 * with no mean removed, since it is their own length and not their variance that remains must be
 * small of. Deterministic. Stateless.
 */
public final class BoundTrainer {

  /** Vectors of the sample that play the query when spreads are measured. */
  private static final int QUERIES = 100;

  /** Most vectors that each of them is compared with. */
  private static final int COMPARED = 6_000;

  /** Shares of vectors that belong to an answer for which spreads are measured. */
  private static final double[] SHARES = {0.001, 0.01};

  /** Spreads are widened by this much, since a sample of answers does not show the worst. */
  private static final double CAUTION = 1.1;

  private BoundTrainer() {}

  /**
   * Learns a basis.
   *
   * @param sample row-major, count × dims, in random order; left untouched
   * @param count at least 1
   * @param levels numbers of leading components in ascending order, the last at most dims
   * @param distances whether vectors are compared by Euclidean distance, else by inner product
   * @param interrupt run now and then; throws to stop the training
   */
  public static BoundBasis train(
      float[] sample,
      int count,
      int dims,
      int[] levels,
      boolean distances,
      long seed,
      Runnable interrupt) {
    int size = levels[levels.length - 1];
    float[] components = PrincipalComponents.compute(sample, count, dims, size, seed, interrupt);
    float[][] rows = new float[size][];
    for (int r = 0; r < size; r++) {
      rows[r] = Arrays.copyOfRange(components, r * dims, (r + 1) * dims);
    }
    float[] projections = project(sample, count, dims, components, size, interrupt);
    float[] offsets = new float[size];
    float[] steps = new float[size];
    for (int r = 0; r < size; r++) {
      float least = Float.POSITIVE_INFINITY;
      float most = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < count; i++) {
        least = Math.min(least, projections[i * size + r]);
        most = Math.max(most, projections[i * size + r]);
      }
      offsets[r] = least / 2 + most / 2;
      steps[r] = (most / 2 - least / 2) / Byte.MAX_VALUE;
    }
    interrupt.run();
    float[] spreads = spreads(sample, projections, count, dims, levels, distances, interrupt);
    return new BoundBasis(
        levels.clone(), rows, offsets, steps, deviation(rows, interrupt), spreads, count);
  }

  private static float[] project(
      float[] sample, int count, int dims, float[] components, int size, Runnable interrupt) {
    float[] projections = new float[Math.multiplyExact(count, size)];
    for (int i = 0; i < count; i++) {
      if ((i & 0xf) == 0) {
        interrupt.run();
      }
      for (int r = 0; r < size; r++) {
        projections[i * size + r] =
            FloatKernels.INSTANCE.dot(sample, i * dims, components, r * dims, dims);
      }
    }
    return projections;
  }

  /** Rounded up: sums of doubles are off by far less than what is added. */
  private static float deviation(float[][] rows, Runnable interrupt) {
    double squares = 0;
    for (int i = 0; i < rows.length; i++) {
      interrupt.run();
      for (int j = 0; j <= i; j++) {
        double dot = 0;
        for (int d = 0; d < rows[i].length; d++) {
          dot += (double) rows[i][d] * rows[j][d];
        }
        double error = i == j ? dot - 1 : dot;
        squares += (i == j ? 1 : 2) * error * error;
      }
    }
    return Math.nextUp((float) (Math.sqrt(squares) + 1e-9));
  }

  /**
   * For each level the least factor with which {@code projected product + factor · product of
   * remainders' lengths} reaches the threshold for nearly every vector that belongs to an answer.
   */
  private static float[] spreads(
      float[] sample,
      float[] projections,
      int count,
      int dims,
      int[] levels,
      boolean distances,
      Runnable interrupt) {
    int size = levels[levels.length - 1];
    int compared = Math.min(count, COMPARED);
    int queries = Math.min(count, QUERIES);
    float[] squares = new float[compared];
    for (int i = 0; i < compared; i++) {
      squares[i] = FloatKernels.INSTANCE.dot(sample, i * dims, sample, i * dims, dims);
    }
    float[][] remainders = new float[levels.length][compared];
    for (int level = 0; level < levels.length; level++) {
      for (int i = 0; i < compared; i++) {
        float inside =
            FloatKernels.INSTANCE.dot(projections, i * size, projections, i * size, levels[level]);
        remainders[level][i] = (float) Math.sqrt(Math.max(0, squares[i] - inside));
      }
    }
    float[] spreads = new float[levels.length];
    for (double share : SHARES) {
      int answer = (int) (share * compared);
      if (answer == 0) {
        continue;
      }
      float[][] needed = new float[levels.length][queries * answer];
      for (int q = 0; q < queries; q++) {
        interrupt.run();
        int query = q;
        long[] ranked = new long[compared];
        for (int i = 0; i < compared; i++) {
          float dot = FloatKernels.INSTANCE.dot(sample, query * dims, sample, i * dims, dims);
          float key = distances ? 2 * dot - squares[i] : dot;
          ranked[i] = (long) ~sortable(i == query ? Float.NEGATIVE_INFINITY : key) << 32 | i;
        }
        Arrays.sort(ranked);
        float threshold = key(ranked[answer - 1]);
        for (int a = 0; a < answer; a++) {
          int i = (int) ranked[a];
          for (int level = 0; level < levels.length; level++) {
            float dot =
                FloatKernels.INSTANCE.dot(
                    projections, query * size, projections, i * size, levels[level]);
            float missing = distances ? (threshold + squares[i]) / 2 - dot : threshold - dot;
            float room = remainders[level][query] * remainders[level][i];
            needed[level][q * answer + a] =
                missing <= 0 ? 0 : room > 0 ? Math.min(1, missing / room) : 1;
          }
        }
      }
      for (int level = 0; level < levels.length; level++) {
        Arrays.sort(needed[level]);
        // Every level may lose its part of what is allowed to be lost.
        double lost = (1 - BoundBasis.EXPECTED_RECALL) / levels.length;
        int at = (int) Math.ceil((1 - lost) * needed[level].length) - 1;
        spreads[level] = Math.max(spreads[level], needed[level][at]);
      }
    }
    for (int level = 0; level < levels.length; level++) {
      spreads[level] = (float) Math.min(1, CAUTION * spreads[level]);
    }
    // A sample too small to tell promises nothing.
    if (spreads[0] == 0) {
      Arrays.fill(spreads, 1);
    }
    return spreads;
  }

  private static int sortable(float key) {
    int bits = Float.floatToIntBits(key);
    return bits ^ bits >> 31 & 0x7fffffff;
  }

  private static float key(long ranked) {
    int bits = ~(int) (ranked >> 32);
    return Float.intBitsToFloat(bits ^ bits >> 31 & 0x7fffffff);
  }
}
