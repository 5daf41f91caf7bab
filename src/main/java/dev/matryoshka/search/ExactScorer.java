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
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.apache.lucene.codecs.lucene95.HasIndexSlice;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.MemorySegmentAccessInput;
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

  ExactScorer(VectorSimilarityFunction similarity, FloatVectorValues values, float[] target)
      throws IOException {
    this.similarity = similarity;
    this.target = target;
    this.targetSquare = KERNELS.dot(target, target);
    this.values = values;
    this.mapped = mapped(values);
  }

  /** All vectors in one piece, or null where they are not. */
  private static MemorySegment mapped(FloatVectorValues values) throws IOException {
    if (values instanceof HasIndexSlice sliced) {
      IndexInput slice = sliced.getSlice();
      long length = (long) values.size() * values.dimension() * Float.BYTES;
      if (slice instanceof MemorySegmentAccessInput access && slice.length() == length) {
        MemorySegment segment = access.segmentSliceOrNull(0, length);
        return segment != null && segment.isNative() ? segment : null;
      }
    }
    return null;
  }

  float score(int ord) throws IOException {
    float[] vector = mapped == null ? values.vectorValue(ord) : null;
    long offset = (long) ord * target.length * Float.BYTES;
    return switch (similarity) {
      case EUCLIDEAN ->
          VectorUtil.normalizeDistanceToUnitInterval(
              vector == null
                  ? KERNELS.squareDistance(target, mapped, offset)
                  : KERNELS.squareDistance(target, vector));
      case DOT_PRODUCT -> VectorUtil.normalizeToUnitInterval(dot(vector, offset));
      case MAXIMUM_INNER_PRODUCT -> VectorUtil.scaleMaxInnerProductScore(dot(vector, offset));
      case COSINE -> cosine(vector, offset);
    };
  }

  private float dot(float[] vector, long offset) {
    return vector == null ? KERNELS.dot(target, mapped, offset) : KERNELS.dot(target, vector);
  }

  private float cosine(float[] vector, long offset) {
    float dot;
    float square;
    if (vector == null) {
      long both = KERNELS.dotAndSquare(target, mapped, offset);
      dot = Float.intBitsToFloat((int) (both >>> Integer.SIZE));
      square = Float.intBitsToFloat((int) both);
    } else {
      dot = KERNELS.dot(target, vector);
      square = KERNELS.dot(vector, vector);
    }
    return VectorUtil.normalizeToUnitInterval((float) (dot / Math.sqrt(targetSquare * square)));
  }
}
