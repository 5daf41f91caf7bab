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

import dev.matryoshka.binary.HammingKernels;
import dev.matryoshka.rotation.DotProducts;
import dev.matryoshka.rotation.Rotation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.VectorUtil;

/**
 * Measures the {@link Calibration} of a segment while its codes are written: compares every vector
 * with some that were held out of training. Heap: a batch of vectors, {@code 96 * dims} bytes, and
 * a megabyte. Not thread-safe.
 */
final class Calibrator {

  /** Held-out vectors where a rotation is trained: comparing with them takes 3 µs a vector. */
  static final int QUERIES = 32;

  /** Those of a merge that copies most codes, which would take little time but for this. */
  static final int QUERIES_OF_COPIES = 16;

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;
  private static final int GROUP = HammingKernels.GROUP;

  /** Vectors compared together: few enough to be in the first cache when they are. */
  private static final int BATCH = 24;

  private final VectorSimilarityFunction similarity;
  private final int dims;
  private final int[] levels;
  private final DotProducts exact;
  private final List<CalibrationQuery> queries = new ArrayList<>();

  private final float[] vectors;
  private final float[] products;
  private final float[] similarities;
  private final float[] squares = new float[BLOCK];
  private final long[][] words;
  private final long[] distances = new long[BLOCK];
  private final long[] planeDistances = new long[BLOCK];
  private final float[] estimates = new float[BLOCK];
  private final float[] dots = new float[BLOCK];
  private final CorrectionBlock corrections;
  private int pending;
  private int compared;

  /**
   * @param heldOut some of the vectors to come, of unit length under cosine; at least one
   */
  Calibrator(Rotation rotation, VectorSimilarityFunction similarity, float[][] heldOut) {
    this.similarity = similarity;
    this.dims = rotation.dims();
    this.levels = rotation.levels();
    this.exact = new DotProducts(heldOut);
    this.vectors = new float[BATCH * dims];
    this.products = new float[BATCH * exact.stride()];
    this.similarities = new float[BLOCK * exact.stride()];
    this.corrections =
        new CorrectionBlock(levels.length + 2, QueryCode.completing(similarity, levels.length));
    this.words = new long[levels.length][];
    for (int level = 0; level < levels.length; level++) {
      words[level] = new long[BLOCK * (levels[level] - start(level)) / Long.SIZE];
    }
    List<QueryCode> codes = QueryCode.of(rotation, similarity, heldOut);
    for (int q = 0; q < heldOut.length; q++) {
      exact.of(heldOut[q], 1, products);
      float square = VectorUtil.dotProduct(heldOut[q], heldOut[q]);
      float itself = similarity(products[q], square);
      queries.add(new CalibrationQuery(codes.get(q), itself, levels.length - 1));
    }
  }

  private int start(int level) {
    return level == 0 ? 0 : levels[level - 1];
  }

  /** Whatever ranks as the field's similarity does. */
  private float similarity(float product, float square) {
    return switch (similarity) {
      case EUCLIDEAN -> 2 * product - square;
      case COSINE -> square > 0 ? (float) (product / Math.sqrt(square)) : 0;
      case DOT_PRODUCT, MAXIMUM_INNER_PRODUCT -> product;
    };
  }

  /** Takes the next vector; copies it. */
  void add(float[] next) {
    System.arraycopy(next, 0, vectors, pending * dims, dims);
    squares[compared + pending] = VectorUtil.dotProduct(next, next);
    if (++pending == BATCH) {
      compare();
    }
  }

  private void compare() {
    exact.of(vectors, pending, products);
    int stride = exact.stride();
    System.arraycopy(products, 0, similarities, compared * stride, pending * stride);
    compared += pending;
    pending = 0;
  }

  /**
   * Takes the codes of the vectors that were added since the last block.
   *
   * @param codes word w of code i at {@link HammingKernels#index}
   * @param count vectors in the block
   * @param itsCorrections those of each vector, in groups too
   */
  void block(long[] codes, int count, float[] itsCorrections) {
    compare();
    int groups = HammingKernels.groups(count);
    for (int level = 0; level < levels.length; level++) {
      copyLevel(codes, groups, level);
    }
    float[] heap = corrections.heap(groups);
    System.arraycopy(itsCorrections, 0, heap, 0, groups * GROUP * (levels.length + 2));
    int stride = exact.stride();
    for (int q = 0; q < queries.size(); q++) {
      CalibrationQuery query = queries.get(q);
      measure(query.code, groups);
      query.scale(estimates, count);
      for (int i = 0; i < count; i++) {
        float similarity = similarity(similarities[i * stride + q], squares[i]);
        query.add(similarity, (int) distances[i], estimates[i]);
      }
    }
    compared = 0;
  }

  private void copyLevel(long[] codes, int groups, int level) {
    int all = levels[levels.length - 1] / Long.SIZE * GROUP;
    int from = start(level) / Long.SIZE * GROUP;
    int length = words[level].length / BLOCK * GROUP;
    for (int group = 0; group < groups; group++) {
      System.arraycopy(codes, group * all + from, words[level], group * length, length);
    }
  }

  /** Distances and estimates of a block for one query. */
  private void measure(QueryCode query, int groups) {
    Arrays.fill(distances, 0);
    Arrays.fill(estimates, 0);
    int last = levels.length - 1;
    for (int level = 0; level <= last; level++) {
      int size = words[level].length / BLOCK;
      HammingKernels.INSTANCE.addDistances(
          words[level],
          groups,
          size,
          query.words(),
          start(level) / Long.SIZE,
          query.weight(level, last),
          distances);
      Arrays.fill(planeDistances, 0);
      query.planes(level).addDistances(words[level], groups, planeDistances);
      query.addScaled(level, planeDistances, corrections, dots, estimates);
    }
    query.complete(corrections, estimates);
  }

  /** The result, after the last block. */
  Calibration finish() {
    double[][] byDistance = new double[Calibration.HITS.size()][Calibration.KEEPS];
    double[][] byEstimate = new double[Calibration.HITS.size()][Calibration.KEEPS];
    for (CalibrationQuery query : queries) {
      query.addRecalls(byDistance, byEstimate);
    }
    return new Calibration(queries.size(), means(byDistance), means(byEstimate));
  }

  private List<List<Float>> means(double[][] sums) {
    List<List<Float>> means = new ArrayList<>();
    for (double[] sum : sums) {
      means.add(Arrays.stream(sum).mapToObj(each -> (float) (each / queries.size())).toList());
    }
    return List.copyOf(means);
  }
}
