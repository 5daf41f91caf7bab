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

/** How much of a sample the signs of a rotation's projections still know. */
public final class Alignment {

  private Alignment() {}

  /**
   * Mean over the sample of {@code ‖p‖₁ / (√bits · ‖x - mean‖)}, the cosine between a centred
   * vector and the reconstruction from its code; vectors equal to the mean count as 1.
   *
   * @param centred row-major, count × dims, the rotation's mean already subtracted
   */
  static float ofCentred(Rotation rotation, float[] centred, int count) {
    int dims = rotation.dims();
    int bits = rotation.bits();
    Rotation uncentred =
        new Rotation(
            rotation.kind(),
            rotation.levels(),
            new float[dims],
            rotation.matrix(),
            rotation.stats());
    Projector projector = new Projector(uncentred);
    float[] batch = new float[Projector.BATCH * dims];
    float[] projected = new float[Projector.BATCH * projector.stride()];
    double sum = 0;
    for (int from = 0; from < count; from += Projector.BATCH) {
      int rows = Math.min(Projector.BATCH, count - from);
      System.arraycopy(centred, from * dims, batch, 0, rows * dims);
      projector.project(batch, rows, projected);
      for (int i = 0; i < rows; i++) {
        double length =
            Math.sqrt(FloatKernels.INSTANCE.dot(batch, i * dims, batch, i * dims, dims));
        int at = i * projector.stride();
        double absolute = 0;
        for (int b = 0; b < bits; b++) {
          absolute += Math.abs(projected[at + b]);
        }
        sum += length > 0 ? absolute / (Math.sqrt(bits) * length) : 1;
      }
    }
    return (float) (sum / count);
  }

  /** As {@link #ofCentred} for a sample as it is; leaves it untouched. */
  public static float of(Rotation rotation, float[] sample, int count) {
    float[] copy = Arrays.copyOf(sample, count * rotation.dims());
    float[] mean = rotation.mean();
    for (int i = 0; i < copy.length; i++) {
      copy[i] -= mean[i % mean.length];
    }
    return ofCentred(rotation, copy, count);
  }
}
