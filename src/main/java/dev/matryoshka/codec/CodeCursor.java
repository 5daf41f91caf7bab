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
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.RandomAccessInput;

/**
 * Reads the codes and corrections of a segment. Codes come a block at a time into the caller's
 * array; single ones are picked out of the most recently read block where they are in it. Not
 * thread-safe.
 */
public final class CodeCursor {

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;

  private final FieldMeta.CodesMeta codes;
  private final int size;
  private final IndexInput[] areas;
  private final RandomAccessInput corrections;
  private long[][] recent;
  private int recentBlock = -1;

  CodeCursor(
      FieldMeta.CodesMeta codes, int size, IndexInput[] areas, RandomAccessInput corrections) {
    this.codes = codes;
    this.size = size;
    this.areas = areas;
    this.corrections = corrections;
  }

  /** Number of blocks. */
  public int blocks() {
    return (size + BLOCK - 1) / BLOCK;
  }

  /** Codes in a block: 512, fewer in the last one. */
  public int count(int block) {
    return Math.min(BLOCK, size - block * BLOCK);
  }

  /** Words that a level adds to the one before. */
  public int words(int level) {
    return codes.words(level);
  }

  /**
   * Reads what a level adds to the codes of a block.
   *
   * @param into word w of code i goes to {@code w * count(block) + i}
   */
  public void readBlock(int level, int block, long[] into) throws IOException {
    int words = codes.words(level);
    areas[level].seek((long) block * BLOCK * words * Long.BYTES);
    areas[level].readLongs(into, 0, count(block) * words);
  }

  /**
   * Reads one whole code, and keeps its block for the next call.
   *
   * @param into word w goes to {@code offset + w * stride}
   */
  public void readCode(int ord, long[] into, int offset, int stride) throws IOException {
    int block = ord / BLOCK;
    int count = count(block);
    int lane = ord % BLOCK;
    if (block != recentBlock) {
      readRecent(block);
    }
    int word = 0;
    for (int level = 0; level < areas.length; level++) {
      for (int w = 0; w < codes.words(level); w++) {
        into[offset + word++ * stride] = recent[level][w * count + lane];
      }
    }
  }

  private void readRecent(int block) throws IOException {
    if (recent == null) {
      recent = new long[areas.length][];
      for (int level = 0; level < areas.length; level++) {
        recent[level] = new long[BLOCK * codes.words(level)];
      }
    }
    for (int level = 0; level < areas.length; level++) {
      readBlock(level, block, recent[level]);
    }
    recentBlock = block;
  }

  /**
   * Reads the words of one code up to and including a level, without touching its neighbours: for
   * scattered access.
   */
  public void readScattered(int ord, int level, long[] into, int offset) throws IOException {
    int block = ord / BLOCK;
    int count = count(block);
    int word = 0;
    for (int l = 0; l <= level; l++) {
      int words = codes.words(l);
      long start = ((long) block * BLOCK * words + ord % BLOCK) * Long.BYTES;
      for (int w = 0; w < words; w++) {
        areas[l].seek(start + (long) w * count * Long.BYTES);
        into[offset + word++] = areas[l].readLong();
      }
    }
  }

  /** Number of corrections of each vector: one for each level, then two. */
  public int correctionsPerVector() {
    return codes.correctionsPerVector();
  }

  /** Reads the corrections of one vector. */
  public void readCorrections(int ord, float[] into, int offset) throws IOException {
    int perVector = codes.correctionsPerVector();
    long start = (long) ord * perVector * Float.BYTES;
    for (int i = 0; i < perVector; i++) {
      into[offset + i] = Float.intBitsToFloat(corrections.readInt(start + (long) i * Float.BYTES));
    }
  }
}
