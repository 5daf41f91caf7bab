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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Collects what is stored of scattered vectors from a mapped area in {@link CodeLayout#GROUPS}.
 * Nearly every read waits for memory, and the fewer instructions there are between them, the more
 * of them wait at the same time: so the loops do nothing else, and are unrolled by hand (measured:
 * half the time). Stateless.
 */
final class GroupGather {

  private static final int GROUP = HammingKernels.GROUP;
  private static final int SHIFT = Integer.numberOfTrailingZeros(GROUP);
  private static final long WORDS = (long) GROUP * Long.BYTES;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GroupGather() {}

  /**
   * The words of some codes.
   *
   * @param words of each code in the area
   * @param into word w of the i-th code goes to {@code offset + i * stride + w}
   */
  static void codes(
      MemorySegment area, int words, int[] ords, int count, long[] into, int offset, int stride) {
    for (int i = 0; i < count; i++) {
      copy(area, wordStart(ords[i], words), words, into, offset + i * stride, 1);
    }
  }

  /**
   * The words of some codes, in groups again.
   *
   * @param into word w of the i-th code goes to {@link HammingKernels#index}
   */
  static void codeGroups(MemorySegment area, int words, int[] ords, int count, long[] into) {
    for (int i = 0; i < count; i++) {
      copy(area, wordStart(ords[i], words), words, into, index(i, words), GROUP);
    }
  }

  private static void copy(
      MemorySegment area, long from, int words, long[] into, int to, int stride) {
    int w = 0;
    for (; w + 4 <= words; w += 4, from += 4 * WORDS, to += 4 * stride) {
      long w0 = area.get(WORD, from);
      long w1 = area.get(WORD, from + WORDS);
      long w2 = area.get(WORD, from + 2 * WORDS);
      long w3 = area.get(WORD, from + 3 * WORDS);
      into[to] = w0;
      into[to + stride] = w1;
      into[to + 2 * stride] = w2;
      into[to + 3 * stride] = w3;
    }
    for (; w < words; w++, from += WORDS, to += stride) {
      into[to] = area.get(WORD, from);
    }
  }

  /**
   * The rounded corrections of some vectors, one vector after the other.
   *
   * @param scales of each correction, at least 2
   */
  static void corrections(
      MemorySegment area, ByteScale[] scales, int[] ords, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      copy(area, correctionStart(ords[i], scales.length), scales, into, i * scales.length, 1);
    }
  }

  /**
   * The rounded corrections of some vectors, in groups again.
   *
   * @param scales of each correction, at least 2
   * @param into correction c of the i-th vector goes to {@link HammingKernels#index}
   */
  static void correctionGroups(
      MemorySegment area, ByteScale[] scales, int[] ords, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      int to = index(i, scales.length);
      copy(area, correctionStart(ords[i], scales.length), scales, into, to, GROUP);
    }
  }

  private static void copy(
      MemorySegment area, long from, ByteScale[] scales, float[] into, int to, int stride) {
    byte c0 = area.get(ValueLayout.JAVA_BYTE, from);
    byte c1 = area.get(ValueLayout.JAVA_BYTE, from + GROUP);
    into[to] = scales[0].of(c0);
    into[to + stride] = scales[1].of(c1);
    for (int c = 2; c < scales.length; c++) {
      into[to + c * stride] = scales[c].of(area.get(ValueLayout.JAVA_BYTE, from + c * GROUP));
    }
  }

  private static long wordStart(int ord, int words) {
    return (ord >> SHIFT) * (words * WORDS) + (long) (ord & GROUP - 1) * Long.BYTES;
  }

  private static long correctionStart(int ord, int columns) {
    return (long) (ord >> SHIFT) * (columns << SHIFT) + (ord & GROUP - 1);
  }

  /** {@link HammingKernels#index} of the first column, without divisions of signed numbers. */
  private static int index(int i, int columns) {
    return (i >> SHIFT) * (columns << SHIFT) + (i & GROUP - 1);
  }
}
