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
import dev.matryoshka.binary.SignPacker;
import dev.matryoshka.rotation.Projector;
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.SignScale;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.VectorUtil;

/**
 * Makes codes and corrections under one rotation, in batches. Heap: a batch of vectors and their
 * projections, about {@code 384 * (dims + bits)} bytes, from the first vector on. Not thread-safe.
 */
final class CodeEncoder {

  /** Vectors encoded together: enough to share the rotation, few enough to stay in the cache. */
  static final int BATCH = 96;

  private static final int GROUP = HammingKernels.GROUP;

  private final Rotation rotation;
  private final boolean unitLength;
  private final int dims;
  private final int[] levels;
  private final int words;
  private final int perVector;
  private final int[] lanes = new int[BATCH];

  // None of these where codes are only copied: matrices of 4,096 bits have 67 MB each.
  private Projector projector;
  private float[] vectors;
  private float[] centred;
  private float[] projected;
  private int pending;

  CodeEncoder(Rotation rotation, VectorSimilarityFunction similarity) {
    this.rotation = rotation;
    this.unitLength = similarity == VectorSimilarityFunction.COSINE;
    this.dims = rotation.dims();
    this.levels = rotation.levels();
    this.words = rotation.bits() / Long.SIZE;
    this.perVector = levels.length + 2;
  }

  /** Longs of a code. */
  int words() {
    return words;
  }

  /** Corrections of a vector. */
  int perVector() {
    return perVector;
  }

  /** Heap of the batch. */
  long bytes() {
    return projector == null ? 0 : (long) Float.BYTES * (vectors.length + projected.length);
  }

  /**
   * Adds a vector to the batch; copies it.
   *
   * @param lane where its code goes
   * @return whether the batch is full and has to be encoded
   */
  boolean add(float[] added, int lane) {
    if (projector == null) {
      projector = rotation.projector();
      vectors = new float[BATCH * dims];
      centred = new float[dims];
      projected = new float[BATCH * projector.stride()];
    }
    System.arraycopy(added, 0, vectors, pending * dims, dims);
    if (unitLength) {
      UnitLength.scale(vectors, pending * dims, dims);
    }
    lanes[pending++] = lane;
    return pending == BATCH;
  }

  /** Encodes what was added, into groups of lanes. */
  void encode(long[] codes, float[] corrections) {
    if (pending == 0) {
      return;
    }
    projector.project(vectors, pending, projected);
    float[] mean = rotation.mean();
    for (int i = 0; i < pending; i++) {
      int from = i * projector.stride();
      int lane = lanes[i];
      SignPacker.pack(projected, from, words, codes, HammingKernels.index(lane, 0, words), GROUP);
      int to = HammingKernels.index(lane, 0, perVector);
      int b = 0;
      for (int level = 0; level < levels.length; level++) {
        corrections[to + level * GROUP] = SignScale.of(projected, from + b, levels[level] - b);
        b = levels[level];
      }
      System.arraycopy(vectors, i * dims, centred, 0, dims);
      corrections[to + levels.length * GROUP] = VectorUtil.dotProduct(centred, mean);
      corrections[to + (levels.length + 1) * GROUP] = VectorUtil.dotProduct(centred, centred);
    }
    pending = 0;
  }
}
