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

import dev.matryoshka.ElasticsearchLogging;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.tests.util.LuceneTestCase;

/** Batches of projections, and the alignment that is computed from them. */
public class ProjectorTests extends LuceneTestCase {

  static {
    ElasticsearchLogging.configure();
  }

  private static Rotation rotation(RotationKind kind, int dims, int... levels) {
    float[] mean = Samples.gaussian(random(), 1, dims);
    float[] matrix =
        kind == RotationKind.NONE
            ? null
            : OrthonormalRows.random(levels[levels.length - 1], dims, random().nextLong());
    return new Rotation(kind, levels, mean, matrix, new TrainingStats(1, 0, List.of()));
  }

  private static double[] naive(Rotation rotation, float[] vectors, int i) {
    int dims = rotation.dims();
    double[] projected = new double[rotation.bits()];
    for (int b = 0; b < projected.length; b++) {
      for (int d = 0; d < dims; d++) {
        double weight =
            rotation.matrix() == null ? (b == d ? 1 : 0) : rotation.matrix()[b * dims + d];
        projected[b] += weight * ((double) vectors[i * dims + d] - rotation.mean()[d]);
      }
    }
    return projected;
  }

  public void testProjections() {
    for (RotationKind kind : RotationKind.values()) {
      for (int count : new int[] {1, 3, 65, Projector.BATCH}) {
        int dims = 128 + random().nextInt(40);
        Rotation rotation = rotation(kind, dims, 64, 128);
        Projector projector = rotation.projector();
        float[] vectors = Samples.gaussian(random(), Projector.BATCH, dims);
        float[] original = vectors.clone();
        float[] projected = new float[Projector.BATCH * projector.stride()];
        // What an earlier batch left behind must not count.
        Arrays.fill(projected, 0, count * projector.stride(), 17);
        projector.project(vectors, count, projected);
        for (int i = 0; i < count; i++) {
          double[] expected = naive(rotation, original, i);
          for (int b = 0; b < expected.length; b++) {
            assertEquals(expected[b], projected[i * projector.stride() + b], 1e-4);
          }
        }
        assertEquals(original[0] - rotation.mean()[0], vectors[0], 0);
        if (count < Projector.BATCH) {
          assertEquals(original[count * dims], vectors[count * dims], 0);
        }
      }
    }
  }

  public void testAlignment() {
    for (RotationKind kind : RotationKind.values()) {
      int dims = 100;
      int count = Projector.BATCH + 77;
      Rotation rotation = rotation(kind, dims, 64);
      float[] sample = Samples.gaussian(random(), count, dims);
      System.arraycopy(rotation.mean(), 0, sample, 5 * dims, dims);
      float[] untouched = sample.clone();
      double sum = 0;
      for (int i = 0; i < count; i++) {
        double absolute = Arrays.stream(naive(rotation, sample, i)).map(Math::abs).sum();
        double square = 0;
        for (int d = 0; d < dims; d++) {
          square += Math.pow((double) sample[i * dims + d] - rotation.mean()[d], 2);
        }
        sum += i == 5 ? 1 : absolute / Math.sqrt(64 * square);
      }
      assertEquals(sum / count, Alignment.of(rotation, sample, 0, count).alignment(), 1e-4);
      assertArrayEquals(untouched, sample, 0f);
    }
  }

  public void testShapesAreChecked() {
    TrainingStats stats = new TrainingStats(1, 0, List.of());
    float[] mean = new float[100];
    expectThrows(
        IllegalArgumentException.class,
        () -> new Rotation(RotationKind.NONE, new int[] {128}, mean, null, stats));
    expectThrows(
        IllegalArgumentException.class,
        () -> new Rotation(RotationKind.NONE, new int[] {64}, mean, new float[6400], stats));
    expectThrows(
        IllegalArgumentException.class,
        () -> new Rotation(RotationKind.RANDOM, new int[] {64}, mean, new float[6399], stats));
  }

  public void testKinds() {
    for (RotationKind kind : RotationKind.values()) {
      assertSame(kind, RotationKind.fromCode(kind.code()));
      assertSame(kind, RotationKind.fromLabel(kind.label()));
    }
    expectThrows(IllegalArgumentException.class, () -> RotationKind.fromCode(-1));
    var unknown =
        expectThrows(IllegalArgumentException.class, () -> RotationKind.fromLabel("RANDOM"));
    assertEquals(
        "unknown rotation [RANDOM]; available rotations are [none, random, pca_random, itq, pca]",
        unknown.getMessage());
  }
}
