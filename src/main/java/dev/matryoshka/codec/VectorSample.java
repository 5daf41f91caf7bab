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

import dev.matryoshka.rotation.Alignment;
import dev.matryoshka.rotation.BoundBasis;
import dev.matryoshka.rotation.BoundTrainer;
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.RotationTrainer;
import dev.matryoshka.rotation.UnseenDirection;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A uniform sample without replacement of a stream of known length (selection sampling, Knuth TAOCP
 * vol. 2, algorithm 3.4.2 S), in random order, for training. Deterministic. Holds at most {@link
 * RotationTrainer#sampleLimit} vectors.
 */
final class VectorSample {

  private final SplittableRandom random = new SplittableRandom(RotationTrainer.SEED);
  private final int dims;
  private final boolean unitLength;
  private final int wanted;
  private final float[] vectors;
  private final int[] rows;
  private int remaining;
  private int count;

  /**
   * @param available length of the stream, at least 1
   * @param unitLength whether vectors are compared by direction only
   */
  VectorSample(int dims, int available, boolean unitLength) {
    this(dims, available, unitLength, RotationTrainer.sampleLimit(dims));
  }

  /**
   * @param limit most vectors to take
   */
  VectorSample(int dims, int available, boolean unitLength, int limit) {
    this.dims = dims;
    this.unitLength = unitLength;
    this.remaining = available;
    this.wanted = Math.min(available, limit);
    this.vectors = new float[wanted * dims];
    this.rows = shuffledRows();
  }

  /** Streams are often ordered by time or topic; parts of the sample must not be. */
  private int[] shuffledRows() {
    int[] shuffled = new int[wanted];
    for (int i = 0; i < wanted; i++) {
      int j = random.nextInt(i + 1);
      shuffled[i] = shuffled[j];
      shuffled[j] = i;
    }
    return shuffled;
  }

  /** Called once for each vector of the stream: whether it belongs to the sample. */
  boolean wantsNext() {
    boolean wants = random.nextInt(remaining) < wanted - count;
    remaining--;
    return wants;
  }

  void add(float[] vector) {
    int at = rows[count++] * dims;
    System.arraycopy(vector, 0, vectors, at, dims);
    if (unitLength) {
      UnitLength.scale(vectors, at, dims);
    }
  }

  /** Copies of the last vectors, which training leaves out; so many or all that there are. */
  float[][] last(int most) {
    float[][] last = new float[Math.min(most, count)][];
    for (int i = 0; i < last.length; i++) {
      int at = (count - last.length + i) * dims;
      last[i] = Arrays.copyOfRange(vectors, at, at + dims);
    }
    return last;
  }

  /** Trains a rotation on the sample. */
  Rotation train(RotationKind kind, int[] levels, Runnable interrupt) {
    return RotationTrainer.train(
        kind, vectors, count, dims, levels, RotationTrainer.SEED, interrupt);
  }

  /**
   * Learns what similarities are bounded by.
   *
   * @param distances whether vectors are compared by Euclidean distance
   */
  BoundBasis trainBounds(int[] levels, boolean distances, Runnable interrupt) {
    return BoundTrainer.train(
        vectors, count, dims, levels, distances, RotationTrainer.SEED, interrupt);
  }

  /** How much the sample varies in one of the directions that a rotation does not see. */
  double unseen(Rotation rotation) {
    return UnseenDirection.excess(rotation, vectors, count);
  }

  /** How much the codes of a rotation would know of the sample. */
  float alignment(Rotation rotation) {
    return Alignment.of(rotation, vectors, 0, count).alignment();
  }
}
