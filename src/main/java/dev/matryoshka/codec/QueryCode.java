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
package dev.matryoshka.codec;

import dev.matryoshka.binary.Completion;
import dev.matryoshka.binary.QueryPlanes;
import dev.matryoshka.binary.SignPacker;
import dev.matryoshka.rotation.Projector;
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.TrainingStats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.VectorUtil;

/**
 * A query under the rotation of a segment: its code, and what the asymmetric estimate needs.
 * Immutable, thread-safe.
 *
 * <p>The estimate is {@code ⟨q,x⟩ ≈ s·⟨p_q, code(x)⟩ + ⟨x-μ,μ⟩ + ⟨q,μ⟩} with {@code s =
 * ‖p_x‖²/‖p_x‖₁}, after RaBitQ (Gao and Long 2024, arXiv 2405.12497), with p_q rounded as {@link
 * QueryPlanes} says. Deviation: the rotation is learned or spans only leading components, and what
 * lies outside its span counts as orthogonal to the query.
 */
public final class QueryCode {

  private static final float LEARNED_MEAN_SHARE = 0.5f;

  /** Mean square of a cosine between a vector of many normal components and its signs. */
  private static final double SIGNS_SHARE = 2 / Math.PI;

  private final int[] levels;
  private final long[] words;
  private final Completion completion;
  private final int[] weights;
  private final QueryPlanes[] planes;
  private final double[] levelSquares;
  private final double outsideSquare;
  private final int outsideDims;

  /**
   * @param projected the centred query under the rotation, as many floats as codes have bits
   * @param projectedMean the mean under the rotation; null where {@link #takesWholeMean}
   * @param dotMean the inner product of the query and the mean
   * @param centredSquare the square of the centred query's length
   * @param dims of the vectors
   */
  QueryCode(
      VectorSimilarityFunction similarity,
      int[] levels,
      TrainingStats stats,
      float[] projected,
      float[] projectedMean,
      float dotMean,
      float centredSquare,
      int dims) {
    this.levels = levels;
    this.weights = LevelWeights.of(stats.energies());
    this.completion =
        similarity == VectorSimilarityFunction.EUCLIDEAN
            ? new Completion(2, -1, -centredSquare)
            : new Completion(1, 1, dotMean);
    float[] shifted = projectedMean == null ? projected : shifted(projected, projectedMean);
    this.words = new long[levels[levels.length - 1] / Long.SIZE];
    SignPacker.pack(shifted, 0, words.length, words, 0, 1);
    this.planes = new QueryPlanes[levels.length];
    this.levelSquares = new double[levels.length];
    double inside = 0;
    for (int level = 0, from = 0; level < levels.length; from = levels[level++]) {
      planes[level] = new QueryPlanes(projected, from, (levels[level] - from) / Long.SIZE);
      for (int d = from; d < levels[level]; d++) {
        levelSquares[level] += (double) projected[d] * projected[d];
      }
      inside += levelSquares[level];
    }
    this.outsideSquare = Math.max(0, centredSquare - inside);
    this.outsideDims = dims - projected.length;
  }

  /**
   * Whether all of the mean is taken from a query before its code is made. Distances ask for that,
   * inner products for none: {@code ⟨q,x⟩} ranks as {@code ⟨q,x-μ⟩} does. But a code is nearest to
   * its vector where bits are balanced, and half is measured as best (docs/experiments.md).
   */
  static boolean takesWholeMean(VectorSimilarityFunction similarity, RotationKind kind) {
    return similarity == VectorSimilarityFunction.EUCLIDEAN || kind.learned() == false;
  }

  /** Which of the corrections that are stored of a vector completes an estimate. */
  static int completing(VectorSimilarityFunction similarity, int levels) {
    return similarity == VectorSimilarityFunction.EUCLIDEAN ? levels + 1 : levels;
  }

  private static float[] shifted(float[] projected, float[] projectedMean) {
    float[] sum = new float[projected.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = projected[i] + (1 - LEARNED_MEAN_SHARE) * projectedMean[i];
    }
    return sum;
  }

  /**
   * The codes of many queries under a rotation in memory.
   *
   * @param queries of unit length where the field compares directions; not modified
   */
  static List<QueryCode> of(
      Rotation rotation, VectorSimilarityFunction similarity, float[][] queries) {
    int dims = rotation.dims();
    float[] mean = rotation.mean();
    Projector projector = rotation.projector();
    float[] rows = new float[(queries.length + 1) * dims];
    for (int q = 0; q < queries.length; q++) {
      System.arraycopy(queries[q], 0, rows, q * dims, dims);
    }
    for (int d = 0; d < dims; d++) {
      // Centring takes one of the two away again.
      rows[queries.length * dims + d] = 2 * mean[d];
    }
    float[] projected = new float[(queries.length + 1) * projector.stride()];
    projector.project(rows, queries.length + 1, projected);
    float[] projectedMean =
        takesWholeMean(similarity, rotation.kind())
            ? null
            : row(projected, queries.length, projector.stride(), rotation.bits());
    List<QueryCode> codes = new ArrayList<>();
    for (int q = 0; q < queries.length; q++) {
      float[] centred = row(rows, q, dims, dims);
      codes.add(
          new QueryCode(
              similarity,
              rotation.levels(),
              rotation.stats(),
              row(projected, q, projector.stride(), rotation.bits()),
              projectedMean,
              VectorUtil.dotProduct(queries[q], mean),
              VectorUtil.dotProduct(centred, centred),
              dims));
    }
    return codes;
  }

  private static float[] row(float[] rows, int row, int stride, int length) {
    return Arrays.copyOfRange(rows, row * stride, row * stride + length);
  }

  /** The query's own code; not to be modified. */
  public long[] words() {
    return words;
  }

  /** How estimates follow from inner products. */
  Completion completion() {
    return completion;
  }

  /** The centred query's projections for what a level adds to codes. */
  QueryPlanes planes(int level) {
    return planes[level];
  }

  /** The index of a prefix length among the segment's levels, or -1. */
  public int level(int bits) {
    for (int i = 0; i < levels.length; i++) {
      if (levels[i] == bits) {
        return i;
      }
    }
    return -1;
  }

  /**
   * What a differing bit of a level counts in a distance over the prefix up to {@code last}: 1 in
   * the first level alone, else by the level's energy.
   */
  public int weight(int level, int last) {
    return last == 0 ? 1 : weights[level];
  }

  /** The largest possible distance over the prefix up to {@code last}. */
  public int maxDistance(int last) {
    int sum = 0;
    for (int level = 0; level <= last; level++) {
      sum += weight(level, last) * (levels[level] - (level == 0 ? 0 : levels[level - 1]));
    }
    return sum;
  }

  /** The weighted Hamming distance to one code, whose words start at {@code offset}. */
  public int distance(int last, long[] code, int offset) {
    int distance = 0;
    int w = 0;
    for (int level = 0; level <= last; level++) {
      int differing = 0;
      for (; w < levels[level] / Long.SIZE; w++) {
        differing += Long.bitCount(code[offset + w] ^ words[w]);
      }
      distance += weight(level, last) * differing;
    }
    return distance;
  }

  /**
   * Estimates how similar a vector is, on a scale that is the same in every segment: the inner
   * product (the cosine where the field compares directions), or minus the squared distance.
   *
   * @param level prefix of the code to use
   * @param codes the code's words from {@code codeOffset}
   * @param corrections the vector's corrections from {@code correctionsOffset}, as {@link
   *     CodeCursor#readCorrections} has them
   */
  public float estimate(
      int level, long[] codes, int codeOffset, float[] corrections, int correctionsOffset) {
    float centredDot = 0;
    int word = 0;
    for (int l = 0; l <= level; l++) {
      long distance = planes[l].distance(codes, codeOffset + word);
      centredDot += corrections[correctionsOffset + l] * planes[l].dot(distance);
      word += planes[l].words();
    }
    return completion.of(centredDot, corrections[correctionsOffset + levels.length]);
  }

  /**
   * The standard deviation of an estimate from the truth, if what the code leaves out of a vector
   * had a random direction.
   *
   * @param level prefix of the code
   * @param corrections all that are stored of the vector
   */
  double randomError(int level, float[] corrections) {
    double variance = 0;
    double inside = 0;
    for (int l = 0; l <= level; l++) {
      double square = (double) corrections[l] * corrections[l];
      variance += (1 - SIGNS_SHARE) * square * levelSquares[l];
      inside += SIGNS_SHARE * square * (levels[l] - (l == 0 ? 0 : levels[l - 1]));
    }
    if (outsideDims > 0) {
      variance +=
          Math.max(0, corrections[levels.length + 1] - inside) * outsideSquare / outsideDims;
    }
    return completion.factor() * Math.sqrt(variance);
  }

  /**
   * Adds what a level contributes to the inner products of centred projections of some vectors.
   *
   * @param distances to the level's planes, of each vector
   * @param dots scratch for as many
   */
  void addScaled(
      int level, long[] distances, CorrectionBlock corrections, float[] dots, float[] centredDots) {
    planes[level].dots(distances, dots);
    corrections.addProducts(level, dots, centredDots);
  }

  /**
   * Turns inner products of centred projections into estimates.
   *
   * @param centredDots replaced by the estimates
   */
  void complete(CorrectionBlock corrections, float[] centredDots) {
    corrections.complete(completion, centredDots);
  }
}
