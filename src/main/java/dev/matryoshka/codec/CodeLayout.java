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

/**
 * Where codes and corrections are within their areas, by the version of the files; {@link
 * MatryoshkaVectorsFormat} specifies both.
 */
enum CodeLayout {

  /** Before {@link MatryoshkaVectorsFormat#VERSION_GROUPED}. */
  BLOCKS {
    @Override
    long codesLength(int size, int words) {
      return (long) size * words * Long.BYTES;
    }

    @Override
    long wordStart(int size, int words, int ord, int word) {
      int first = ord / BLOCK * BLOCK;
      int count = Math.min(BLOCK, size - first);
      return ((long) first * words + (long) word * count + ord - first) * Long.BYTES;
    }

    @Override
    long wordStride(int size, int ord) {
      return Math.min(BLOCK, size - ord / BLOCK * BLOCK) * (long) Long.BYTES;
    }

    @Override
    long correctionsLength(int size, int perVector) {
      return (long) size * perVector * Float.BYTES;
    }

    @Override
    long correctionStart(int perVector, int ord, int which) {
      return ((long) ord * perVector + which) * Float.BYTES;
    }
  },

  /** In groups of {@link HammingKernels#GROUP}, as kernels take them. */
  GROUPS {
    @Override
    long codesLength(int size, int words) {
      return (long) HammingKernels.groups(size) * GROUP * words * Long.BYTES;
    }

    @Override
    long wordStart(int size, int words, int ord, int word) {
      return grouped(words, ord, word) * Long.BYTES;
    }

    @Override
    long wordStride(int size, int ord) {
      return GROUP * (long) Long.BYTES;
    }

    @Override
    long correctionsLength(int size, int perVector) {
      return (long) HammingKernels.groups(size) * GROUP * perVector * Float.BYTES;
    }

    @Override
    long correctionStart(int perVector, int ord, int which) {
      return grouped(perVector, ord, which) * Float.BYTES;
    }

    private static long grouped(int columns, int ord, int column) {
      return ((long) (ord / GROUP) * columns + column) * GROUP + ord % GROUP;
    }
  };

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;
  private static final int GROUP = HammingKernels.GROUP;

  static CodeLayout of(int version) {
    return version >= MatryoshkaVectorsFormat.VERSION_GROUPED ? GROUPS : BLOCKS;
  }

  /**
   * Bytes of what a level adds to all codes.
   *
   * @param size vectors
   * @param words words that the level adds
   */
  abstract long codesLength(int size, int words);

  /** Where a word of a code begins in what a level adds, in bytes. */
  abstract long wordStart(int size, int words, int ord, int word);

  /** From a word of a code to the next one, in bytes. */
  abstract long wordStride(int size, int ord);

  /** Bytes of the corrections of all vectors. */
  abstract long correctionsLength(int size, int perVector);

  /** Where a correction of a vector begins, in bytes. */
  abstract long correctionStart(int perVector, int ord, int which);
}
