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

import dev.matryoshka.binary.QueryPlanes;
import org.apache.lucene.index.VectorSimilarityFunction;

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

  private final VectorSimilarityFunction similarity;
  private final int[] levels;
  private final long[] words;
  private final float dotMean;
  private final float centredSquare;
  private final int[] weights;
  private final QueryPlanes[] planes;

  QueryCode(
      VectorSimilarityFunction similarity,
      int[] levels,
      float[] projected,
      long[] words,
      int[] weights,
      float dotMean,
      float centredSquare) {
    this.similarity = similarity;
    this.levels = levels;
    this.words = words;
    this.weights = weights;
    this.dotMean = dotMean;
    this.centredSquare = centredSquare;
    this.planes = new QueryPlanes[levels.length];
    for (int level = 0, from = 0; level < levels.length; from = levels[level++]) {
      planes[level] = new QueryPlanes(projected, from, (levels[level] - from) / Long.SIZE);
    }
  }

  /** The query's own code; not to be modified. */
  public long[] words() {
    return words;
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
   * @param corrections the vector's corrections from {@code correctionsOffset}
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
    return complete(centredDot, corrections, correctionsOffset);
  }

  /** Turns an inner product of centred projections into an estimate. */
  private float complete(float centredDot, float[] corrections, int correctionsOffset) {
    int at = correctionsOffset + levels.length;
    return similarity == VectorSimilarityFunction.EUCLIDEAN
        ? 2 * centredDot - corrections[at + 1] - centredSquare
        : centredDot + corrections[at] + dotMean;
  }

  /**
   * The same for adjacent vectors.
   *
   * @param corrections of all of them, {@code perVector} for each
   */
  void complete(float[] centredDots, int count, float[] corrections, int perVector) {
    if (similarity == VectorSimilarityFunction.EUCLIDEAN) {
      for (int i = 0, at = levels.length + 1; i < count; i++, at += perVector) {
        centredDots[i] = 2 * centredDots[i] - corrections[at] - centredSquare;
      }
    } else {
      for (int i = 0, at = levels.length; i < count; i++, at += perVector) {
        centredDots[i] = centredDots[i] + corrections[at] + dotMean;
      }
    }
  }
}
