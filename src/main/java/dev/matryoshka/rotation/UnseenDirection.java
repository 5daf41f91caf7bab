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
import java.util.SplittableRandom;

/**
 * Finds the direction that a sample varies in most among those that no row of a rotation sees. What
 * lies there is missing from every code, which is harmless as long as it is noise: then all such
 * directions vary about alike. Documents of another kind than those the rotation was trained on,
 * such as those of another model, lie apart from these in one direction, so that it varies much
 * more than the others as soon as one document in a hundred is like that, and nothing that is
 * averaged over all documents shows it: they even have codes that know more of them. By power
 * iteration on the sample. Vectors much longer than others are shortened, since a few of them would
 * be a direction of their own. Stateless.
 */
public final class UnseenDirection {

  /** Enough where one direction varies a few times as much as the next; less is not looked for. */
  private static final int ITERATIONS = 15;

  /** The share of what an average direction that is seen varies, below which roundings begin. */
  private static final double NOTHING = 1e-4;

  /** Most that a vector counts, in median lengths: those of another kind are hardly longer. */
  private static final double LONGEST = 2;

  private UnseenDirection() {}

  /**
   * How much more the direction varies than chance explains: its variance over the highest that a
   * sample of this size has in any direction where all unseen ones vary alike (Marchenko and Pastur
   * 1967), which is {@code (1 + √(unseen dims / rows))²} times their average. Rows count as many as
   * equally long ones would that tell as much, {@code (Σ length²)² / Σ length⁴}.
   *
   * @param sample row-major, at least {@code count} rows of as many floats as the rotation has dims
   * @param count at least 1
   * @return about 1 for noise; 0 where next to nothing is unseen
   */
  public static double excess(Rotation rotation, float[] sample, int count) {
    int dims = rotation.dims();
    int unseen = dims - rotation.bits();
    float[] matrix = rotation.matrix();
    if (unseen == 0 || matrix == null) {
      return 0;
    }
    float[] centred = centred(rotation, sample, count);
    double all = 0;
    double squares = 0;
    for (int row = 0; row < count; row++) {
      double square = FloatKernels.INSTANCE.dot(centred, row * dims, centred, row * dims, dims);
      all += square;
      squares += square * square;
    }
    double seen = seen(rotation, centred, count);
    double average = (all / count - seen) / unseen;
    if (average <= NOTHING * seen / rotation.bits()) {
      return 0;
    }
    double edge = 1 + Math.sqrt(unseen * squares / (all * all));
    return greatest(rotation, centred, count) / (average * edge * edge);
  }

  /** The sample around the mean, in units of its median length. */
  private static float[] centred(Rotation rotation, float[] sample, int count) {
    int dims = rotation.dims();
    float[] centred = new float[count * dims];
    double[] lengths = new double[count];
    for (int row = 0; row < count; row++) {
      double square = 0;
      for (int at = row * dims, d = 0; d < dims; d++, at++) {
        centred[at] = sample[at] - rotation.mean()[d];
        square += (double) centred[at] * centred[at];
      }
      lengths[row] = Math.sqrt(square);
    }
    double[] sorted = lengths.clone();
    Arrays.sort(sorted);
    double median = Math.max(sorted[count / 2], Float.MIN_NORMAL);
    for (int row = 0; row < count; row++) {
      float scale = (float) Math.min(1 / median, LONGEST / lengths[row]);
      for (int at = row * dims; at < (row + 1) * dims; at++) {
        centred[at] *= scale;
      }
    }
    return centred;
  }

  /** The variance in all directions that are seen. */
  private static double seen(Rotation rotation, float[] centred, int count) {
    int[] levels = rotation.levels();
    Rotation aroundZero =
        new Rotation(
            rotation.kind(),
            levels,
            new float[rotation.dims()],
            rotation.matrix(),
            rotation.stats());
    List<Float> energies = Alignment.of(aroundZero, centred, 0, count).energies();
    double sum = 0;
    for (int level = 0; level < levels.length; level++) {
      sum += (double) energies.get(level) * (levels[level] - (level == 0 ? 0 : levels[level - 1]));
    }
    return sum;
  }

  private static double greatest(Rotation rotation, float[] centred, int count) {
    int dims = rotation.dims();
    FloatKernels kernels = FloatKernels.INSTANCE;
    SplittableRandom random = new SplittableRandom(RotationTrainer.SEED);
    float[] direction = new float[dims];
    for (int d = 0; d < dims; d++) {
      direction[d] = random.nextFloat() - 0.5f;
    }
    double length = hide(rotation, direction);
    float[] image = new float[dims];
    for (int i = 0; i < ITERATIONS && length >= Float.MIN_NORMAL; i++) {
      for (int d = 0; d < dims; d++) {
        direction[d] /= (float) length;
      }
      Arrays.fill(image, 0);
      for (int row = 0; row < count; row++) {
        float along = kernels.dot(centred, row * dims, direction, 0, dims);
        kernels.addScaled(along, centred, row * dims, image, 0, dims);
      }
      length = hide(rotation, image);
      float[] swapped = direction;
      direction = image;
      image = swapped;
    }
    return length / count;
  }

  /** Takes away what the rotation sees; returns the length of what is left. */
  private static double hide(Rotation rotation, float[] direction) {
    int dims = rotation.dims();
    float[] matrix = rotation.matrix();
    float[] whole = direction.clone();
    for (int row = 0; row < rotation.bits(); row++) {
      float along = FloatKernels.INSTANCE.dot(matrix, row * dims, whole, 0, dims);
      FloatKernels.INSTANCE.addScaled(-along, matrix, row * dims, direction, 0, dims);
    }
    return Math.sqrt(FloatKernels.INSTANCE.dot(direction, 0, direction, 0, dims));
  }
}
