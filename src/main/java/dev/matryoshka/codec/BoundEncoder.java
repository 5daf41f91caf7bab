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

import dev.matryoshka.rotation.BoundBasis;
import dev.matryoshka.rotation.RotationTrainer;
import java.io.IOException;
import java.util.List;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexOutput;

/**
 * Writes the bounds of the fields of one segment. A merge inherits the basis under which at least
 * half of its vectors already have bounds, which are then copied, unless that was learned from a
 * small sample of much fewer vectors; else one is learned. Bounds of an old basis stay true for any
 * vector, they only rule out less.
 */
final class BoundEncoder {

  private static final int GROWTH = 4;

  /**
   * Vectors for each component below which bounds do not pay: projecting the query would cost as
   * much as a good part of comparing all vectors.
   */
  private static final int VECTORS_PER_COMPONENT = 4;

  private final SegmentWriteState state;
  private final IndexOutput data;
  private final VectorElement element;

  BoundEncoder(SegmentWriteState state, IndexOutput data, VectorElement element) {
    this.state = state;
    this.data = data;
    this.element = element;
  }

  /** Whether a segment of so many vectors gets bounds. */
  static boolean wanted(List<Integer> levels, int vectors) {
    return levels.isEmpty() == false
        && vectors >= MatryoshkaVectorsFormat.MIN_CODED_VECTORS
        && vectors >= VECTORS_PER_COMPONENT * levels.getLast();
  }

  /**
   * Writes the bounds of a flushed segment.
   *
   * @param newToOld old position of each vector, or null where the order stays
   * @return null where learning would take too long for those who wait for a flush
   */
  BoundMeta flushed(FieldInfo field, List<Integer> levels, List<float[]> vectors, int[] newToOld)
      throws IOException {
    if (levels.getLast() > MatryoshkaVectorsFormat.MAX_TRAINED_FLUSH_BITS) {
      return null;
    }
    BoundBasis basis =
        TrainingTurns.SHARED.runIfFree(
            () ->
                learn(
                    field,
                    ints(levels),
                    vectors.size(),
                    sample -> {
                      for (float[] vector : vectors) {
                        if (sample.wantsNext()) {
                          sample.add(vector);
                        }
                      }
                    },
                    () -> {}));
    if (basis == null) {
      return null;
    }
    try (BoundAreaWriter writer = writer(field, basis)) {
      for (int ord = 0; ord < vectors.size(); ord++) {
        writer.add(vectors.get(newToOld == null ? ord : newToOld[ord]));
      }
      return writer.finish();
    }
  }

  /** Writes the bounds of a merged segment. */
  BoundMeta merged(FieldInfo field, List<Integer> levels, MergeSources sources, Runnable interrupt)
      throws IOException {
    int live = sources.live();
    SegmentBounds inherited = sources.inheritableBounds(ints(levels));
    boolean outgrown =
        inherited != null
            && inherited.meta().sampleSize()
                < RotationTrainer.sampleLimit(field.getVectorDimension())
            && live >= (long) GROWTH * inherited.meta().sampleSize();
    BoundBasis basis =
        inherited == null || outgrown
            ? TrainingTurns.SHARED.run(
                () -> learn(field, ints(levels), live, sources::sample, interrupt), interrupt)
            : inherited.loadBasis();
    try (BoundAreaWriter writer = writer(field, basis)) {
      sources.bound(writer);
      if (writer.written() != live) {
        throw new IllegalStateException(
            "bounded ["
                + writer.written()
                + "] of ["
                + live
                + "] vectors of field ["
                + field.name
                + "]");
      }
      return writer.finish();
    }
  }

  private BoundAreaWriter writer(FieldInfo field, BoundBasis basis) throws IOException {
    return new BoundAreaWriter(state, data, basis, field.getVectorSimilarityFunction(), element);
  }

  private static BoundBasis learn(
      FieldInfo field, int[] levels, int count, RotationChoice.Vectors vectors, Runnable interrupt)
      throws IOException {
    VectorSimilarityFunction similarity = field.getVectorSimilarityFunction();
    VectorSample sample =
        new VectorSample(
            field.getVectorDimension(), count, similarity == VectorSimilarityFunction.COSINE);
    vectors.sample(sample);
    return sample.trainBounds(levels, similarity == VectorSimilarityFunction.EUCLIDEAN, interrupt);
  }

  private static int[] ints(List<Integer> levels) {
    return levels.stream().mapToInt(Integer::intValue).toArray();
  }
}
