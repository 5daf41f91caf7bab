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

/**
 * Estimates of vectors of a segment for one query, many at a time: those of {@link QueryCode}, to
 * the same bits, at a fraction of the price. Not thread-safe.
 */
public final class BlockEstimates {

  /** Vectors in a block. */
  public static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;

  private final SegmentCodes codes;
  private final CodeCursor cursor;
  private final QueryCode query;
  private final int levels;
  private final long[] distances = new long[BLOCK];
  private final CorrectionBlock corrections;
  private final float[] dots = new float[BLOCK];
  private final float[] estimates = new float[BLOCK];
  private final int words;
  private final float[][] remembered;
  private int block = -1;
  private long[] gathered;

  public BlockEstimates(SegmentCodes codes, QueryCode query) throws IOException {
    this(codes, query, null);
  }

  private BlockEstimates(SegmentCodes codes, QueryCode query, float[][] remembered)
      throws IOException {
    this.remembered = remembered;
    this.codes = codes;
    this.cursor = codes.cursor();
    this.query = query;
    this.levels = codes.levels().length;
    this.words = codes.bits() / Long.SIZE;
    this.corrections = new CorrectionBlock(levels + 1, levels);
  }

  /** One that keeps the estimates of whole blocks, for whoever asks for them more than once. */
  static BlockEstimates remembering(SegmentCodes codes, QueryCode query) throws IOException {
    return new BlockEstimates(codes, query, new float[codes.blocks()][]);
  }

  /** The same for another thread; those that remember must not ask for the same block at once. */
  public BlockEstimates fork() throws IOException {
    return new BlockEstimates(codes, query, remembered);
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
    if (remembered != null) {
      if (remembered[block] == null) {
        remembered[block] = new float[BLOCK];
        estimate(block, remembered[block]);
      }
      return remembered[block];
    }
    if (block != this.block) {
      this.block = block;
      estimate(block, estimates);
    }
    return estimates;
  }

  private void estimate(int block, float[] estimates) throws IOException {
    if (cursor.estimates(block, query, estimates)) {
      return;
    }
    cursor.corrections(block, corrections);
    Arrays.fill(estimates, 0);
    for (int level = 0; level < levels; level++) {
      Arrays.fill(distances, 0);
      cursor.addDistances(level, block, query.planes(level), distances);
      query.addScaled(level, distances, corrections, dots, estimates);
    }
    query.complete(corrections, estimates);
  }

  /**
   * The estimates of some vectors, wherever they are.
   *
   * @param ords at most {@link #BLOCK}, ascending
   * @return theirs in the same order; not to be modified, valid until the next call
   */
  public float[] of(int[] ords, int count) throws IOException {
    block = -1;
    if (gathered == null) {
      gathered = new long[BLOCK * words];
    }
    cursor.corrections(ords, count, corrections);
    Arrays.fill(estimates, 0);
    for (int level = 0; level < levels; level++) {
      Arrays.fill(distances, 0);
      cursor.addDistances(level, ords, count, query.planes(level), gathered, distances);
      query.addScaled(level, distances, corrections, dots, estimates);
    }
    query.complete(corrections, estimates);
    return estimates;
  }
}
