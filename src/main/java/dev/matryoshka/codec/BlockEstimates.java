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

import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.store.IndexInput;

/**
 * Estimates of all vectors of a segment for one query, a block at a time, at the price of {@value
 * #PLANES} Hamming distances each. Not thread-safe.
 *
 * <p>This is the estimate of {@link QueryCode} with the query's projections rounded to {@value
 * #PLANES} bits, as RaBitQ does (Gao and Long 2024, arXiv 2405.12497), but in planes of signs: with
 * {@code q_b ≈ Δ Σⱼ 2ʲ⁻¹ p_jb}, all {@code p_jb} 1 or -1, the inner product with a code of B signs
 * is {@code Δ (B (2ⁿ - 1) / 2 - Σⱼ 2ʲ hⱼ)}, where h_j is the Hamming distance to plane j of n. So
 * the kernels of the scan are all it takes.
 */
public final class BlockEstimates {

  /** Vectors in a block. */
  public static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;

  private static final int PLANES = 4;
  private static final int GREATEST = (1 << PLANES) - 1;

  private final CodeCursor cursor;
  private final IndexInput stored;
  private final QueryCode query;
  private final long[][][] planes;
  private final float[] steps;
  private final int[] bits;
  private final long[] distances = new long[BLOCK];
  private final float[] corrections;
  private final float[] estimates = new float[BLOCK];
  private int block = -1;

  public BlockEstimates(SegmentCodes codes, QueryCode query) throws IOException {
    this.cursor = codes.cursor();
    this.stored = codes.corrections();
    this.query = query;
    int[] levels = codes.levels();
    this.planes = new long[levels.length][][];
    this.steps = new float[levels.length];
    this.bits = new int[levels.length];
    for (int level = 0; level < levels.length; level++) {
      int from = level == 0 ? 0 : levels[level - 1];
      bits[level] = levels[level] - from;
      split(level, from);
    }
    this.corrections = new float[BLOCK * cursor.correctionsPerVector()];
  }

  /** Rounds the projections of a level. */
  private void split(int level, int from) {
    float greatest = 0;
    for (int b = 0; b < bits[level]; b++) {
      greatest = Math.max(greatest, Math.abs(query.projection(from + b)));
    }
    float step = Math.max(2 * greatest / GREATEST, Float.MIN_NORMAL);
    long[][] into = new long[PLANES][bits[level] / Long.SIZE];
    for (int b = 0; b < bits[level]; b++) {
      int value =
          Math.clamp(Math.round(query.projection(from + b) / step + GREATEST / 2f), 0, GREATEST);
      for (int plane = 0; plane < PLANES; plane++) {
        into[plane][b / Long.SIZE] |= (long) (value >>> plane & 1) << b;
      }
    }
    planes[level] = into;
    steps[level] = step;
  }

  /** Number of blocks. */
  public int blocks() {
    return cursor.blocks();
  }

  /** Vectors in a block. */
  public int count(int block) {
    return cursor.count(block);
  }

  /**
   * The estimates of a block.
   *
   * @return those of its vectors in order, as {@link QueryCode#estimate} gives them; not to be
   *     modified, valid until the next call
   */
  public float[] of(int block) throws IOException {
    if (block == this.block) {
      return estimates;
    }
    int count = cursor.count(block);
    int perVector = cursor.correctionsPerVector();
    stored.seek((long) block * BLOCK * perVector * Float.BYTES);
    stored.readFloats(corrections, 0, count * perVector);
    Arrays.fill(estimates, 0, count, 0);
    for (int level = 0; level < planes.length; level++) {
      Arrays.fill(distances, 0, count, 0);
      for (int plane = 0; plane < PLANES; plane++) {
        cursor.addDistances(level, block, planes[level][plane], 0, 1 << plane, distances);
      }
      float base = bits[level] * GREATEST / 2f;
      for (int i = 0; i < count; i++) {
        estimates[i] += corrections[i * perVector + level] * steps[level] * (base - distances[i]);
      }
    }
    for (int i = 0; i < count; i++) {
      estimates[i] = query.complete(estimates[i], corrections, i * perVector);
    }
    this.block = block;
    return estimates;
  }
}
