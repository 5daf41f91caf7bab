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
import dev.matryoshka.binary.HammingKernels;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.apache.lucene.store.IndexInput;

/**
 * Reads the corrections of a segment that estimates take: the scale of each level, and the one that
 * completes an estimate. Rounded ones where the segment has them, in place where they are mapped
 * into memory; floats otherwise. Not thread-safe.
 */
final class CorrectionCursor {

  private static final int GROUP = HammingKernels.GROUP;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final FieldMeta.CodesMeta codes;
  private final int completing;
  private final int perVector;
  private final IndexInput stored;
  private final MemorySegment mappedStored;
  private final IndexInput rounded;
  private final MemorySegment mappedRounded;

  /**
   * @param completing which of the stored corrections completes an estimate
   * @param stored all of them, as floats
   * @param rounded those that estimates take, or null
   */
  CorrectionCursor(FieldMeta.CodesMeta codes, int completing, IndexInput stored, IndexInput rounded)
      throws IOException {
    this.codes = codes;
    this.completing = completing;
    this.perVector = codes.levels().length + 1;
    this.stored = stored;
    this.mappedStored = MappedMemory.of(stored);
    this.rounded = rounded;
    this.mappedRounded = rounded == null ? null : MappedMemory.of(rounded);
  }

  /** Number of corrections of each vector that estimates take. */
  int perVector() {
    return perVector;
  }

  /** Bytes in place, or null where corrections have to be asked for one by one. */
  MemorySegment mapped() {
    return mappedRounded;
  }

  /** Where the bytes of a block begin. */
  long start(int block) {
    return (long) block * MatryoshkaVectorsFormat.BLOCK * perVector;
  }

  /** Makes a block stand for the corrections of all its vectors. */
  void read(int block, int count, CorrectionBlock into) throws IOException {
    int groups = HammingKernels.groups(count);
    if (mappedRounded != null) {
      into.map(mappedRounded, start(block), codes.rounded().scales(), groups);
      return;
    }
    float[] heap = into.heap(groups);
    int first = block * MatryoshkaVectorsFormat.BLOCK;
    boolean inGroups = mappedStored != null && codes.layout() == CodeLayout.GROUPS;
    if (rounded == null && inGroups) {
      for (int i = 0; i < count; i += GROUP) {
        for (int c = 0; c < perVector; c++) {
          int to = HammingKernels.index(i, c, perVector);
          MemorySegment.copy(mappedStored, FLOAT, storedStart(first + i, c), heap, to, GROUP);
        }
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      read(first + i, heap, HammingKernels.index(i, 0, perVector), GROUP);
    }
  }

  /** Makes a block stand for the corrections of some vectors. */
  void read(int[] ords, int count, CorrectionBlock into) throws IOException {
    float[] heap = into.heap(HammingKernels.groups(count));
    if (mappedRounded != null) {
      GroupGather.correctionGroups(mappedRounded, codes.rounded().scales(), ords, count, heap);
      return;
    }
    for (int i = 0; i < count; i++) {
      read(ords[i], heap, HammingKernels.index(i, 0, perVector), GROUP);
    }
  }

  /** Reads the corrections of some vectors, one vector after the other. */
  void read(int[] ords, int count, float[] into) throws IOException {
    if (mappedRounded != null) {
      GroupGather.corrections(mappedRounded, codes.rounded().scales(), ords, count, into);
      return;
    }
    for (int i = 0; i < count; i++) {
      read(ords[i], into, i * perVector, 1);
    }
  }

  /**
   * Reads the corrections of one vector.
   *
   * @param into correction c goes to {@code offset + c * stride}
   */
  void read(int ord, float[] into, int offset, int stride) throws IOException {
    for (int c = 0; c < perVector; c++) {
      into[offset + c * stride] = rounded == null ? stored(storedStart(ord, c)) : rounded(ord, c);
    }
  }

  /** Where the float is that one of the rounded ones was made from, or would have been. */
  private long storedStart(int ord, int column) {
    int itsColumn = column < codes.levels().length ? column : completing;
    return codes.layout().correctionStart(codes.correctionsPerVector(), ord, itsColumn);
  }

  private float rounded(int ord, int column) throws IOException {
    long at = ((long) (ord / GROUP) * perVector + column) * GROUP + ord % GROUP;
    ByteScale scale = codes.rounded().scales()[column];
    if (mappedRounded != null) {
      return scale.of(mappedRounded.get(ValueLayout.JAVA_BYTE, at));
    }
    rounded.seek(at);
    return scale.of(rounded.readByte());
  }

  /**
   * Reads the corrections of one vector that are stored as floats.
   *
   * @param into correction c goes to {@code offset + c * stride}
   */
  void readStored(int ord, float[] into, int offset, int stride) throws IOException {
    for (int c = 0; c < codes.correctionsPerVector(); c++) {
      long at = codes.layout().correctionStart(codes.correctionsPerVector(), ord, c);
      into[offset + c * stride] = stored(at);
    }
  }

  private float stored(long at) throws IOException {
    if (mappedStored != null) {
      return mappedStored.get(FLOAT, at);
    }
    stored.seek(at);
    return Float.intBitsToFloat(stored.readInt());
  }
}
