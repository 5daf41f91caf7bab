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
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.store.IndexInput;

/**
 * Estimates of vectors of a segment for one query, many at a time: those of {@link QueryCode}, to
 * the same bits, at a fraction of the price. Not thread-safe.
 */
public final class BlockEstimates {

  /** Vectors in a block. */
  public static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;

  private final CodeCursor cursor;
  private final IndexInput stored;
  private final QueryCode query;
  private final int levels;
  private final long[] distances = new long[BLOCK];
  private final float[] corrections;
  private final float[] estimates = new float[BLOCK];
  private final int words;
  private int block = -1;
  private long[] columns;

  public BlockEstimates(SegmentCodes codes, QueryCode query) throws IOException {
    this.cursor = codes.cursor();
    this.stored = codes.corrections();
    this.query = query;
    this.levels = codes.levels().length;
    this.words = codes.bits() / Long.SIZE;
    this.corrections = new float[BLOCK * cursor.correctionsPerVector()];
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
    if (levels == 1) {
      Arrays.fill(distances, 0, count, 0);
      cursor.addDistances(0, block, query.planes(0), distances);
      query.estimate(distances, count, corrections, estimates);
    } else {
      Arrays.fill(estimates, 0, count, 0);
      for (int level = 0; level < levels; level++) {
        Arrays.fill(distances, 0, count, 0);
        cursor.addDistances(level, block, query.planes(level), distances);
        query.addScaled(level, distances, count, corrections, perVector, estimates);
      }
      query.complete(estimates, count, corrections, perVector);
    }
    this.block = block;
    return estimates;
  }

  /**
   * The estimates of some vectors, wherever they are.
   *
   * @param ords at most {@link #BLOCK}, ascending
   * @return theirs in the same order; not to be modified, valid until the next call
   */
  public float[] of(int[] ords, int count) throws IOException {
    block = -1;
    if (columns == null) {
      columns = new long[BLOCK * words];
    }
    int perVector = cursor.correctionsPerVector();
    cursor.readCorrections(ords, count, corrections);
    Arrays.fill(estimates, 0, count, 0);
    for (int level = 0; level < levels; level++) {
      QueryPlanes planes = query.planes(level);
      Arrays.fill(distances, 0, count, 0);
      cursor.addDistances(level, ords, count, planes, columns, distances);
      query.addScaled(level, distances, count, corrections, perVector, estimates);
    }
    query.complete(estimates, count, corrections, perVector);
    return estimates;
  }
}
