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

import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.RotationTrainer;
import java.io.IOException;
import java.util.Locale;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.VectorSimilarityFunction;

/**
 * Decides under which rotation a merged segment is encoded. The one under which at least half of
 * the vectors already are is inherited, and their codes copied, unless
 *
 * <ul>
 *   <li>it was trained on a small sample and there are {@value #GROWTH} times as many vectors now,
 *       or
 *   <li>the data has drifted away: on a fresh sample its alignment is more than {@link #MAX_DRIFT}
 *       below what it was, as a share, on vectors held out of its training.
 * </ul>
 *
 * <p>Otherwise one is trained. So an index that grows tenfold is trained about once, and heap stays
 * within a sample of 32 MB, its copy, and matrices of dims squared floats.
 *
 * @param inherited identity of the inherited rotation, or null for a new one
 * @param reason what was decided and why, for the log
 */
record MergeRotation(Rotation rotation, RotationId inherited, String reason) {

  /** Vectors that drift is measured on: the standard error of their alignment is below 0.3 %. */
  private static final int DRIFT_SAMPLE = 1000;

  static final float MAX_DRIFT = 0.03f;

  private static final int GROWTH = 4;

  static MergeRotation choose(
      MergeSources sources,
      RotationKind kind,
      int[] levels,
      FieldInfo field,
      int live,
      Runnable interrupt)
      throws IOException {
    int dims = field.getVectorDimension();
    boolean unitLength = field.getVectorSimilarityFunction() == VectorSimilarityFunction.COSINE;
    SegmentCodes candidate = sources.inheritable(kind, levels);
    String why = "no rotation to inherit";
    if (candidate != null) {
      int trainedOn = candidate.stats().sampleSize();
      if (trainedOn < RotationTrainer.sampleLimit(dims) && live >= (long) GROWTH * trainedOn) {
        why = "inherited rotation was trained on [" + trainedOn + "] vectors only";
      } else {
        Rotation rotation = candidate.loadRotation();
        VectorSample fresh = new VectorSample(dims, live, unitLength, Math.min(DRIFT_SAMPLE, live));
        sources.sample(fresh);
        float then = candidate.stats().alignment();
        float now = fresh.alignment(rotation);
        if (now >= then * (1 - MAX_DRIFT)) {
          return new MergeRotation(
              rotation,
              candidate.rotationId(),
              String.format(
                  Locale.ROOT, "inherits a rotation, alignment %.4f, was %.4f", now, then));
        }
        why = String.format(Locale.ROOT, "alignment drifted from %.4f to %.4f", then, now);
      }
    }
    long start = System.nanoTime();
    VectorSample sample = new VectorSample(dims, live, unitLength);
    sources.sample(sample);
    Rotation rotation = sample.train(kind, levels, interrupt);
    long millis = (System.nanoTime() - start) / 1_000_000;
    return new MergeRotation(
        rotation,
        null,
        why
            + ", trained "
            + rotation
            + " on "
            + rotation.stats().sampleSize()
            + " vectors in "
            + millis
            + " ms");
  }
}
