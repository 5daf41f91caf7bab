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
import java.util.List;

/** Measures on a sample how much the signs of a rotation's projections still know. */
public final class Alignment {

  private final List<Float> energies;
  private final float alignment;

  private Alignment(float alignment, List<Float> energies) {
    this.alignment = alignment;
    this.energies = energies;
  }

  /**
   * Mean over the sample of {@code √(Σ ‖p_l‖₁² / b_l) / ‖x - mean‖} over levels l of b_l bits: the
   * cosine between a centred vector and the best reconstruction from its code with one scale for
   * each level. Vectors equal to the mean count as 1.
   */
  public float alignment() {
    return alignment;
  }

  /** For each level the mean square of a projection on one of its own rows. */
  List<Float> energies() {
    return energies;
  }

  /**
   * Measures a rotation.
   *
   * @param sample row-major, at least {@code to} rows of {@code dims} floats; left untouched
   * @param from first row, inclusive
   * @param to last row, exclusive; more than {@code from}
   */
  public static Alignment of(Rotation rotation, float[] sample, int from, int to) {
    int dims = rotation.dims();
    int[] levels = rotation.levels();
    Projector projector = rotation.projector();
    float[] batch = new float[Projector.BATCH * dims];
    float[] projected = new float[Projector.BATCH * projector.stride()];
    double[] squares = new double[levels.length];
    double sum = 0;
    for (int row = from; row < to; row += Projector.BATCH) {
      int rows = Math.min(Projector.BATCH, to - row);
      System.arraycopy(sample, row * dims, batch, 0, rows * dims);
      projector.project(batch, rows, projected);
      for (int i = 0; i < rows; i++) {
        int at = i * projector.stride();
        double known = 0;
        int b = 0;
        for (int level = 0; level < levels.length; level++) {
          int own = levels[level] - b;
          double absolute = 0;
          for (; b < levels[level]; b++) {
            float p = projected[at + b];
            absolute += Math.abs(p);
            squares[level] += p * p;
          }
          known += absolute * absolute / own;
        }
        double length =
            Math.sqrt(FloatKernels.INSTANCE.dot(batch, i * dims, batch, i * dims, dims));
        sum += length > 0 ? Math.sqrt(known) / length : 1;
      }
    }
    List<Float> energies = new ArrayList<>();
    for (int level = 0; level < levels.length; level++) {
      int own = levels[level] - (level == 0 ? 0 : levels[level - 1]);
      energies.add((float) (squares[level] / own / (to - from)));
    }
    return new Alignment((float) (sum / (to - from)), energies);
  }
}
