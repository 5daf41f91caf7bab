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
package dev.matryoshka.search;

import dev.matryoshka.binary.SimilarityKernels;
import dev.matryoshka.codec.MappedMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.apache.lucene.codecs.lucene95.HasIndexSlice;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.util.VectorUtil;

/**
 * Scores vectors at full precision, always to the same bits: Lucene's own scorers give other last
 * bits to one and the same vector when it is compared together with others, or before and after
 * compilation, so that a document might miss a threshold made from its own score. Vectors are read
 * in place where they are mapped into memory as a whole. Not thread-safe.
 *
 * <p>The result differs from {@link VectorSimilarityFunction#compare} by rounding only.
 */
final class ExactScorer {

  private static final SimilarityKernels KERNELS = SimilarityKernels.INSTANCE;

  private final VectorSimilarityFunction similarity;
  private final float[] target;
  private final double targetSquare;
  private final FloatVectorValues values;
  private final MemorySegment mapped;
  private final long[] offsets = new long[SimilarityKernels.ROWS];
  private final float[] products = new float[SimilarityKernels.ROWS];
  private final float[] squares = new float[SimilarityKernels.ROWS];
  private final int[] one = new int[1];
  private final float[] oneScore = new float[1];

  ExactScorer(VectorSimilarityFunction similarity, FloatVectorValues values, float[] target)
      throws IOException {
    this.similarity = similarity;
    this.target = target;
    this.targetSquare = KERNELS.square(target);
    this.values = values;
    this.mapped = mapped(values);
  }

  /** All vectors in one piece, or null where they are not. */
  private static MemorySegment mapped(FloatVectorValues values) throws IOException {
    if (values instanceof HasIndexSlice sliced) {
      IndexInput slice = sliced.getSlice();
      long length = (long) values.size() * values.dimension() * Float.BYTES;
      // Vectors that are stored in another form than floats have another length.
      return slice.length() == length ? MappedMemory.of(slice) : null;
    }
    return null;
  }

  /** Scores one vector. */
  float score(int ord) throws IOException {
    one[0] = ord;
    score(one, 1, oneScore);
    return oneScore[0];
  }

  /**
   * Scores the first {@code count} ordinals. Where these are adjacent, four of them a quarter of
   * the way apart are read side by side, each quarter from front to back: processors fetch four
   * such streams ahead at the speed of memory, but not four neighbours (a third slower).
   */
  void score(int[] ords, int count, float[] scores) throws IOException {
    if (mapped == null) {
      for (int i = 0; i < count; i++) {
        scores[i] = scoreOnHeap(values.vectorValue(ords[i]));
      }
      return;
    }
    int quarter = (count + SimilarityKernels.ROWS - 1) / SimilarityKernels.ROWS;
    for (int i = 0; i < quarter; i++) {
      for (int row = 0; row < SimilarityKernels.ROWS; row++) {
        // Repeats the last one beyond the end.
        int at = Math.min(i + row * quarter, count - 1);
        offsets[row] = (long) ords[at] * target.length * Float.BYTES;
      }
      compareMapped();
      for (int row = 0, at = i; row < SimilarityKernels.ROWS && at < count; row++, at += quarter) {
        scores[at] = score(products[row], squares[row]);
      }
    }
  }

  private float scoreOnHeap(float[] vector) {
    return switch (similarity) {
      case EUCLIDEAN -> score(KERNELS.squareDistance(target, vector), 0);
      case DOT_PRODUCT, MAXIMUM_INNER_PRODUCT -> score(KERNELS.dot(target, vector), 0);
      case COSINE -> score(KERNELS.dot(target, vector), KERNELS.square(vector));
    };
  }

  private void compareMapped() {
    switch (similarity) {
      case EUCLIDEAN -> KERNELS.squareDistances(target, mapped, offsets, products);
      case DOT_PRODUCT, MAXIMUM_INNER_PRODUCT -> KERNELS.dots(target, mapped, offsets, products);
      case COSINE -> KERNELS.dotsAndSquares(target, mapped, offsets, products, squares);
    }
  }

  /**
   * @param product inner product, or squared distance for Euclidean
   * @param square the vector's inner product with itself; for cosine only
   */
  private float score(float product, float square) {
    return switch (similarity) {
      case EUCLIDEAN -> VectorUtil.normalizeDistanceToUnitInterval(product);
      case DOT_PRODUCT -> VectorUtil.normalizeToUnitInterval(product);
      case MAXIMUM_INNER_PRODUCT -> VectorUtil.scaleMaxInnerProductScore(product);
      case COSINE ->
          VectorUtil.normalizeToUnitInterval((float) (product / Math.sqrt(targetSquare * square)));
    };
  }
}
