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

import dev.matryoshka.binary.ByteScale;
import dev.matryoshka.binary.CorrectionKernels;
import dev.matryoshka.binary.HammingKernels;
import dev.matryoshka.binary.QueryPlanes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.lucene.store.IndexInput;

/**
 * Reads the codes and corrections of a segment: in place where they are mapped into memory in one
 * piece and in groups, otherwise a block at a time onto the heap. Not thread-safe.
 */
public final class CodeCursor {

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final FieldMeta.CodesMeta codes;
  private final int size;
  private final IndexInput[] areas;
  private final CorrectionCursor corrections;
  private final HammingKernels kernels = HammingKernels.INSTANCE;
  private final MemorySegment[] mapped;
  private final long[][] recent;
  private final int[] recentBlock;

  CodeCursor(FieldMeta.CodesMeta codes, int size, IndexInput[] areas, CorrectionCursor corrections)
      throws IOException {
    this.codes = codes;
    this.size = size;
    this.areas = areas;
    this.corrections = corrections;
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

  /** Where a word of a code is in what a level adds to all codes, in bytes. */
  private long start(int level, int ord, int word) {
    return codes.layout().wordStart(size, codes.words(level), ord, word);
  }

  private boolean inPlace(MemorySegment area) {
    return area != null && codes.layout() == CodeLayout.GROUPS;
  }

  private int groups(int block) {
    return HammingKernels.groups(count(block));
  }

  /**
   * Adds weighted Hamming distances over what a level adds to the codes of a block.
   *
   * @param query has the level's words from {@code queryOffset}
   * @param weight at least 1
   * @param distances one for each code of all groups of the block
   */
  void addDistances(
      int level, int block, long[] query, int queryOffset, int weight, long[] distances)
      throws IOException {
    int groups = groups(block);
    int words = codes.words(level);
    if (inPlace(mapped[level])) {
      long start = start(level, block * BLOCK, 0);
      kernels.addDistances(
          mapped[level], start, groups, words, query, queryOffset, weight, distances);
    } else {
      kernels.addDistances(
          recent(level, block), groups, words, query, queryOffset, weight, distances);
    }
  }

  /**
   * Adds distances to the planes of a query over what a level adds to the codes of a block.
   *
   * @param distances one for each code of all groups of the block
   */
  void addDistances(int level, int block, QueryPlanes planes, long[] distances) throws IOException {
    if (inPlace(mapped[level])) {
      long start = start(level, block * BLOCK, 0);
      planes.addDistances(mapped[level], start, groups(block), distances);
    } else {
      planes.addDistances(recent(level, block), groups(block), distances);
    }
  }

  /**
   * Finds the codes of a block whose first level is at or below a threshold.
   *
   * @param distances receives those of the hits, at their positions; others are undefined
   * @param hits receives the positions of those found in ascending order; room for {@link #BLOCK}
   * @return number of hits
   */
  int nearest(int block, long[] query, long threshold, long[] distances, int[] hits)
      throws IOException {
    int count = count(block);
    if (inPlace(mapped[0]) == false) {
      Arrays.fill(distances, 0);
      addDistances(0, block, query, 0, 1, distances);
      return kernels.select(distances, count, threshold, hits);
    }
    long start = start(0, block * BLOCK, 0);
    int found =
        kernels.nearest(
            mapped[0], start, groups(block), codes.words(0), query, threshold, distances, hits);
    while (found > 0 && hits[found - 1] >= count) {
      // What fills up the last group is no code.
      found--;
    }
    return found;
  }

  /**
   * Reads what a level adds to the codes of a block.
   *
   * @param into word w of code i goes to {@link HammingKernels#index}; room for all groups
   */
  public void readBlock(int level, int block, long[] into) throws IOException {
    int words = codes.words(level);
    areas[level].seek(start(level, block * BLOCK, 0));
    if (codes.layout() == CodeLayout.GROUPS) {
      areas[level].readLongs(into, 0, groups(block) * HammingKernels.GROUP * words);
      return;
    }
    int count = count(block);
    for (int w = 0; w < words; w++) {
      for (int i = 0; i < count; i++) {
        into[HammingKernels.index(i, w, words)] = areas[level].readLong();
      }
    }
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
    int to = offset;
    for (int l = 0; l <= level; l++) {
      int words = codes.words(l);
      if (mapped[l] == null) {
        long[] block = recent(l, ord / BLOCK);
        for (int w = 0; w < words; w++) {
          into[to + w * stride] = block[HammingKernels.index(ord % BLOCK, w, words)];
        }
      } else {
        readWords(l, ord, into, to, stride);
      }
      to += words * stride;
    }
  }

  /** Reads what a level adds to one code, and nothing else. */
  private void readWords(int level, int ord, long[] into, int offset, int stride)
      throws IOException {
    MemorySegment area = mapped[level];
    long at = start(level, ord, 0);
    long next = codes.layout().wordStride(size, ord);
    int end = offset + codes.words(level) * stride;
    for (int to = offset; to < end; to += stride, at += next) {
      if (area == null) {
        areas[level].seek(at);
        into[to] = areas[level].readLong();
      } else {
        into[to] = area.get(WORD, at);
      }
    }
  }

  /**
   * Reads the words of one code up to and including a level, without touching its neighbours: for
   * scattered access.
   */
  public void readScattered(int ord, int level, long[] into, int offset) throws IOException {
    int to = offset;
    for (int l = 0; l <= level; l++) {
      readWords(l, ord, into, to, 1);
      to += codes.words(l);
    }
  }

  /**
   * Reads the words of some codes up to and including a level, without touching their neighbours.
   *
   * @param into the codes one after the other
   */
  public void readScattered(int[] ords, int count, int level, long[] into) throws IOException {
    int stride = codes.levels()[level] / Long.SIZE;
    int offset = 0;
    for (int l = 0; l <= level; l++) {
      int words = codes.words(l);
      if (inPlace(mapped[l])) {
        GroupGather.codes(mapped[l], words, ords, count, into, offset, stride);
      } else {
        for (int i = 0; i < count; i++) {
          readWords(l, ords[i], into, offset + i * stride, 1);
        }
      }
      offset += words;
    }
  }

  /**
   * Adds distances to the planes of a query over what a level adds to some codes.
   *
   * @param ords at most {@link #BLOCK}
   * @param scratch room for so many codes in groups
   * @param distances one for each code of all groups
   */
  void addDistances(
      int level, int[] ords, int count, QueryPlanes planes, long[] scratch, long[] distances)
      throws IOException {
    int words = codes.words(level);
    if (inPlace(mapped[level])) {
      GroupGather.codeGroups(mapped[level], words, ords, count, scratch);
    } else {
      for (int i = 0; i < count; i++) {
        int at = HammingKernels.index(i, 0, words);
        readWords(level, ords[i], scratch, at, HammingKernels.GROUP);
      }
    }
    planes.addDistances(scratch, HammingKernels.groups(count), distances);
  }

  /** Number of corrections of each vector that estimates take: one for each level, then one. */
  public int correctionsPerVector() {
    return corrections.perVector();
  }

  /** Makes a block stand for the corrections of all its vectors. */
  void corrections(int block, CorrectionBlock into) throws IOException {
    corrections.read(block, count(block), into);
  }

  /** Whether estimates of a block are made in one pass. */
  boolean estimatesInPlace() {
    return areas.length == 1 && inPlace(mapped[0]) && corrections.mapped() != null;
  }

  /**
   * The estimates of a block in one pass, where that is possible: codes of one level that are read
   * in place.
   *
   * @return whether it was
   */
  boolean estimates(int block, QueryCode query, float[] estimates) {
    if (estimatesInPlace() == false) {
      return false;
    }
    ByteScale[] scales = codes.rounded().scales();
    CorrectionKernels.INSTANCE.estimates(
        mapped[0],
        start(0, block * BLOCK, 0),
        corrections.mapped(),
        corrections.start(block),
        groups(block),
        scales[0],
        scales[1],
        query.planes(0),
        query.completion(),
        estimates);
    return true;
  }

  /** Makes a block stand for the corrections of some vectors. */
  void corrections(int[] ords, int count, CorrectionBlock into) throws IOException {
    corrections.read(ords, count, into);
  }

  /** Reads the corrections of some vectors that estimates take, one vector after the other. */
  public void readCorrections(int[] ords, int count, float[] into) throws IOException {
    corrections.read(ords, count, into);
  }

  /**
   * Reads the corrections of one vector that estimates take.
   *
   * @param into correction c goes to {@code offset + c * stride}
   */
  public void readCorrections(int ord, float[] into, int offset, int stride) throws IOException {
    corrections.read(ord, into, offset, stride);
  }

  /**
   * Reads all corrections that are stored of one vector, one for each level and two more, as they
   * were before they were rounded.
   *
   * @param into correction c goes to {@code offset + c * stride}
   */
  void readStored(int ord, float[] into, int offset, int stride) throws IOException {
    corrections.readStored(ord, into, offset, stride);
  }
}
