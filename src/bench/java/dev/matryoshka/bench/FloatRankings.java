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
package dev.matryoshka.bench;

import dev.matryoshka.codec.UnitLength;
import dev.matryoshka.rotation.Projector;
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.RotationTrainer;
import java.util.Arrays;
import org.apache.lucene.util.VectorUtil;

/** Rankings by few float dimensions: what a first stage of floats would keep. */
final class FloatRankings {

  private final EmbeddingSet set;
  private final int depth;

  FloatRankings(EmbeddingSet set, int depth) {
    this.set = set;
    this.depth = Math.min(depth, set.documents().length);
  }

  /** By the cosine of leading dimensions. */
  int[][] prefix(int dims) {
    return rank(prefixes(set.documents(), dims), prefixes(set.queries(), dims));
  }

  private static float[][] prefixes(float[][] vectors, int dims) {
    float[][] prefixes = new float[vectors.length][];
    Arrays.setAll(prefixes, i -> UnitLength.copyOf(vectors[i], dims));
    return prefixes;
  }

  /** By the inner product of centred vectors on leading principal components. */
  int[][] principalComponents(int dims) {
    int fullDims = set.dims();
    int count = Math.min(RotationTrainer.sampleLimit(fullDims), set.documents().length);
    float[] sample = new float[count * fullDims];
    for (int i = 0; i < count; i++) {
      int document = (int) ((long) i * set.documents().length / count);
      System.arraycopy(set.documents()[document], 0, sample, i * fullDims, fullDims);
    }
    Rotation components =
        RotationTrainer.train(
            RotationKind.PCA,
            sample,
            count,
            fullDims,
            new int[] {dims},
            RotationTrainer.SEED,
            () -> {});
    return rank(projected(components, set.documents()), projected(components, set.queries()));
  }

  private static float[][] projected(Rotation rotation, float[][] vectors) {
    Projector projector = rotation.projector();
    float[] batch = new float[Projector.BATCH * rotation.dims()];
    float[] projections = new float[Projector.BATCH * projector.stride()];
    float[][] projected = new float[vectors.length][];
    for (int from = 0; from < vectors.length; from += Projector.BATCH) {
      int count = Math.min(Projector.BATCH, vectors.length - from);
      for (int i = 0; i < count; i++) {
        System.arraycopy(vectors[from + i], 0, batch, i * rotation.dims(), rotation.dims());
      }
      projector.project(batch, count, projections);
      for (int i = 0; i < count; i++) {
        int at = i * projector.stride();
        projected[from + i] = Arrays.copyOfRange(projections, at, at + rotation.bits());
      }
    }
    return projected;
  }

  private int[][] rank(float[][] documents, float[][] queries) {
    int[][] rankings = new int[queries.length][];
    for (int q = 0; q < queries.length; q++) {
      BestFirst best = new BestFirst(depth);
      for (int d = 0; d < documents.length; d++) {
        best.offer(VectorUtil.dotProduct(queries[q], documents[d]), d);
      }
      rankings[q] = best.documents();
    }
    return rankings;
  }
}
