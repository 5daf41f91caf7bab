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
 * Decides under which rotation a segment is encoded. A known one is inherited, and codes under it
 * are copied, unless
 *
 * <ul>
 *   <li>it was trained on a small sample and there are {@value #GROWTH} times as many vectors now,
 *       or
 *   <li>the data has drifted away: on a fresh sample its alignment is more than {@link #MAX_DRIFT}
 *       below what it was, as a share, on vectors held out of its training, or
 *   <li>documents of another kind have come: on the sample one of the directions that it does not
 *       see varies {@link #MAX_UNSEEN} times as much as chance explains ({@link
 *       dev.matryoshka.rotation.UnseenDirection}), where training would make it see that one.
 * </ul>
 *
 * <p>Otherwise one is trained. So an index that grows tenfold is trained about once, and heap stays
 * within a sample of 32 MB, its copy, and matrices of dims squared floats.
 *
 * @param rotation the rotation to use
 * @param reason what was decided and why, for the log
 * @param trainingNanos what training it took, 0 where it was inherited
 * @param heldOut vectors of the segment that it was not trained on, or no more than by chance where
 *     it was inherited; of unit length where vectors are compared by direction
 */
record RotationChoice(
    KnownRotation rotation, String reason, long trainingNanos, float[][] heldOut) {

  /** Vectors that drift is measured on: the standard error of their alignment is below 0.3 %. */
  private static final int DRIFT_SAMPLE = 1000;

  /** Enough for a flush, which is to be quick: the error is below 1 %. */
  private static final int SMALL_DRIFT_SAMPLE = 128;

  private static final int SMALL_DRIFT_SHARE = 8;

  static final float MAX_DRIFT = 0.03f;

  /**
   * Real embeddings have 1.0 to 2.0 under a rotation trained on such; with one in a hundred of
   * another model, 3 in a flush and 4.5 to 9 in a merge.
   */
  static final double MAX_UNSEEN = 3;

  private static final int GROWTH = 4;

  /** The vectors of the segment to be written. */
  interface Vectors {
    /** Offers all of them, in order. */
    void sample(VectorSample sample) throws IOException;
  }

  /**
   * Chooses.
   *
   * @param known a rotation that fits, or null
   * @param count number of vectors
   * @param mayTrain whether there are enough vectors, and time, to train
   * @param mayWait whether there is time to wait for other trainings, too
   * @return null when nothing can be inherited and training is not wanted, or would have to wait
   */
  static RotationChoice choose(
      KnownRotation known,
      Vectors vectors,
      int count,
      boolean mayTrain,
      boolean mayWait,
      RotationKind kind,
      int[] levels,
      FieldInfo field,
      Runnable interrupt)
      throws IOException {
    int dims = field.getVectorDimension();
    boolean unitLength = field.getVectorSimilarityFunction() == VectorSimilarityFunction.COSINE;
    String why = "no rotation to inherit";
    if (known != null) {
      int trainedOn = known.rotation().stats().sampleSize();
      if (trainedOn < RotationTrainer.sampleLimit(dims) && count >= (long) GROWTH * trainedOn) {
        why = "inherited rotation was trained on [" + trainedOn + "] vectors only";
      } else {
        int size =
            Math.clamp(
                count / SMALL_DRIFT_SHARE, Math.min(SMALL_DRIFT_SAMPLE, count), DRIFT_SAMPLE);
        VectorSample fresh = new VectorSample(dims, count, unitLength, size);
        vectors.sample(fresh);
        float then = known.rotation().stats().alignment();
        float now = fresh.alignment(known.rotation());
        double unseen = kind.learned() ? fresh.unseen(known.rotation()) : 0;
        if (now >= then * (1 - MAX_DRIFT) && (unseen > MAX_UNSEEN) == false) {
          return new RotationChoice(
              known,
              String.format(
                  Locale.ROOT, "inherits a rotation, alignment %.4f, was %.4f", now, then),
              0,
              fresh.last(Calibrator.QUERIES_OF_COPIES));
        }
        why =
            unseen > MAX_UNSEEN
                ? String.format(
                    Locale.ROOT, "vectors vary %.1f times more where codes are blind", unseen)
                : String.format(Locale.ROOT, "alignment drifted from %.4f to %.4f", then, now);
      }
    }
    if (mayTrain == false) {
      return null;
    }
    String reason = why;
    TrainingTurns.Training<RotationChoice> training =
        () ->
            train(
                vectors,
                new VectorSample(dims, count, unitLength),
                kind,
                levels,
                interrupt,
                reason);
    if (mayWait) {
      return TrainingTurns.SHARED.run(training, interrupt);
    }
    // What is not learned from vectors takes next to no heap.
    return kind.learned() ? TrainingTurns.SHARED.runIfFree(training) : training.run();
  }

  private static RotationChoice train(
      Vectors vectors,
      VectorSample sample,
      RotationKind kind,
      int[] levels,
      Runnable interrupt,
      String why)
      throws IOException {
    long start = System.nanoTime();
    vectors.sample(sample);
    Rotation rotation = sample.train(kind, levels, interrupt);
    long nanos = System.nanoTime() - start;
    return new RotationChoice(
        KnownRotation.of(rotation),
        why
            + ", trained "
            + rotation
            + " on "
            + rotation.stats().sampleSize()
            + " vectors in "
            + nanos / 1_000_000
            + " ms",
        nanos,
        sample.last(Calibrator.QUERIES));
  }
}
