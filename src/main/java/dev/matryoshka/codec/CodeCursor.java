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
import dev.matryoshka.binary.QueryPlanes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.lucene.store.IndexInput;

/**
 * Reads the codes and corrections of a segment: in place where codes are mapped into memory in one
 * piece, otherwise a block at a time onto the heap. Not thread-safe.
 */
public final class CodeCursor {

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final FieldMeta.CodesMeta codes;
  private final int size;
  private final IndexInput[] areas;
  private final IndexInput corrections;
  private final MemorySegment mappedCorrections;
  private final HammingKernels kernels = HammingKernels.INSTANCE;
  private final MemorySegment[] mapped;
  private final long[][] recent;
  private final int[] recentBlock;

  CodeCursor(FieldMeta.CodesMeta codes, int size, IndexInput[] areas, IndexInput corrections)
      throws IOException {
    this.codes = codes;
    this.size = size;
    this.areas = areas;
    this.corrections = corrections;
    this.mappedCorrections = MappedMemory.of(corrections);
    this.mapped = new MemorySegment[areas.length];
    for (int level = 0; level < areas.length; level++) {
      mapped[level] = MappedMemory.of(areas[level]);
    }
    this.recent = new long[areas.length][];
    this.recentBlock = new int[areas.length];
    Arrays.fill(recentBlock, -1);
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

  /** Where a block starts in what a level adds to all codes, in bytes. */
  private long start(int level, int block) {
    return (long) block * BLOCK * codes.words(level) * Long.BYTES;
  }

  /**
   * Adds weighted Hamming distances over what a level adds to the codes of a block.
   *
   * @param query has the level's words from {@code queryOffset}
   * @param weight at least 1
   * @param distances one for each code of the block
   */
  void addDistances(
      int level, int block, long[] query, int queryOffset, int weight, long[] distances)
      throws IOException {
    int count = count(block);
    int words = codes.words(level);
    if (mapped[level] == null) {
      kernels.addDistances(
          recent(level, block), count, words, query, queryOffset, weight, distances);
    } else {
      kernels.addDistances(
          mapped[level], start(level, block), count, words, query, queryOffset, weight, distances);
    }
  }

  /**
   * Adds distances to the planes of a query over what a level adds to the codes of a block.
   *
   * @param distances one for each code of the block
   */
  void addDistances(int level, int block, QueryPlanes planes, long[] distances) throws IOException {
    for (int plane = 0; plane < QueryPlanes.PLANES; plane++) {
      int offset = plane * planes.words();
      addDistances(level, block, planes.planes(), offset, 1 << plane, distances);
    }
  }

  /**
   * Finds the codes of a block whose first level is at or below a threshold.
   *
   * @param distances receives those of the hits, at their positions; others are undefined
   * @param hits receives the positions of those found in ascending order
   * @return number of hits
   */
  int nearest(int block, long[] query, long threshold, long[] distances, int[] hits)
      throws IOException {
    int count = count(block);
    if (mapped[0] == null) {
      Arrays.fill(distances, 0, count, 0);
      addDistances(0, block, query, 0, 1, distances);
      return kernels.select(distances, count, threshold, hits);
    }
    return kernels.nearest(
        mapped[0], start(0, block), count, codes.words(0), query, threshold, distances, hits);
  }

  /**
   * Reads what a level adds to the codes of a block.
   *
   * @param into word w of code i goes to {@code w * count(block) + i}
   */
  public void readBlock(int level, int block, long[] into) throws IOException {
    areas[level].seek(start(level, block));
    areas[level].readLongs(into, 0, count(block) * codes.words(level));
  }

  /** What a level adds to the codes of a block, read now unless it is the one read last. */
  private long[] recent(int level, int block) throws IOException {
    if (recentBlock[level] != block) {
      if (recent[level] == null) {
        recent[level] = new long[BLOCK * codes.words(level)];
      }
      readBlock(level, block, recent[level]);
      recentBlock[level] = block;
    }
    return recent[level];
  }

  /** Reads the words of one whole code. */
  public void readCode(int ord, long[] into, int offset, int stride) throws IOException {
    readCode(ord, areas.length - 1, into, offset, stride);
  }

  /**
   * Reads the words of one code up to and including a level and, where it is not mapped, keeps its
   * block for the next call.
   *
   * @param into word w goes to {@code offset + w * stride}
   */
  public void readCode(int ord, int level, long[] into, int offset, int stride) throws IOException {
    int block = ord / BLOCK;
    int lane = ord % BLOCK;
    int count = count(block);
    int to = offset;
    for (int l = 0; l <= level; l++) {
      int words = codes.words(l);
      MemorySegment area = mapped[l];
      if (area == null) {
        long[] columns = recent(l, block);
        for (int w = 0; w < words; w++, to += stride) {
          into[to] = columns[w * count + lane];
        }
      } else {
        long at = start(l, block) + (long) lane * Long.BYTES;
        for (int w = 0; w < words; w++, to += stride, at += (long) count * Long.BYTES) {
          into[to] = area.get(WORD, at);
        }
      }
    }
  }

  /**
   * Reads the words of one code up to and including a level, without touching its neighbours: for
   * scattered access.
   */
  public void readScattered(int ord, int level, long[] into, int offset) throws IOException {
    int block = ord / BLOCK;
    long stride = (long) count(block) * Long.BYTES;
    int to = offset;
    for (int l = 0; l <= level; l++) {
      long at = start(l, block) + (long) (ord % BLOCK) * Long.BYTES;
      for (int w = 0; w < codes.words(l); w++, at += stride) {
        if (mapped[l] == null) {
          areas[l].seek(at);
          into[to++] = areas[l].readLong();
        } else {
          into[to++] = mapped[l].get(WORD, at);
        }
      }
    }
  }

  /**
   * Reads the words of some codes up to and including a level, word by word of all of them, so that
   * many reads are under way at a time.
   *
   * @param into the codes one after the other
   */
  public void readScattered(int[] ords, int count, int level, long[] into) throws IOException {
    int stride = codes.levels()[level] / Long.SIZE;
    int word = 0;
    for (int l = 0; l <= level; l++) {
      for (int w = 0; w < codes.words(l); w++, word++) {
        if (mapped[l] == null) {
          for (int i = 0; i < count; i++) {
            areas[l].seek(start(l, ords[i], w));
            into[i * stride + word] = areas[l].readLong();
          }
        } else {
          for (int i = 0; i < count; i++) {
            into[i * stride + word] = mapped[l].get(WORD, start(l, ords[i], w));
          }
        }
      }
    }
  }

  /**
   * Adds distances to the planes of a query over what a level adds to some codes, which are fetched
   * word by word of all of them, so that many reads are under way at a time.
   *
   * @param ords at most {@link #BLOCK}
   * @param columns scratch for the words of so many codes
   * @param distances one for each of them
   */
  void addDistances(
      int level, int[] ords, int count, QueryPlanes planes, long[] columns, long[] distances)
      throws IOException {
    int words = codes.words(level);
    for (int w = 0, to = 0; w < words; w++) {
      if (mapped[level] == null) {
        for (int i = 0; i < count; i++) {
          areas[level].seek(start(level, ords[i], w));
          columns[to++] = areas[level].readLong();
        }
      } else {
        for (int i = 0; i < count; i++) {
          columns[to++] = mapped[level].get(WORD, start(level, ords[i], w));
        }
      }
    }
    planes.addDistances(columns, count, distances);
  }

  /** Where a word of a code is in what a level adds to all codes, in bytes. */
  private long start(int level, int ord, int word) {
    int block = ord / BLOCK;
    return start(level, block) + ((long) word * count(block) + ord % BLOCK) * Long.BYTES;
  }

  /** Number of corrections of each vector: one for each level, then two. */
  public int correctionsPerVector() {
    return codes.correctionsPerVector();
  }

  /** Reads the corrections of some vectors, one vector after the other. */
  public void readCorrections(int[] ords, int count, float[] into) throws IOException {
    int perVector = codes.correctionsPerVector();
    for (int i = 0; i < count; i++) {
      readCorrections(ords[i], into, i * perVector);
    }
  }

  /** Reads the corrections of one vector. */
  public void readCorrections(int ord, float[] into, int offset) throws IOException {
    int perVector = codes.correctionsPerVector();
    long start = (long) ord * perVector * Float.BYTES;
    if (mappedCorrections == null) {
      corrections.seek(start);
      corrections.readFloats(into, offset, perVector);
      return;
    }
    for (int i = 0; i < perVector; i++) {
      into[offset + i] = mappedCorrections.get(FLOAT, start + (long) i * Float.BYTES);
    }
  }
}
