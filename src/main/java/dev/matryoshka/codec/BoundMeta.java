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
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;

/**
 * What metadata says of the bounds of one field of one segment; {@link MatryoshkaVectorsFormat}
 * specifies the bytes.
 *
 * @param levels numbers of leading components
 * @param basisId identity of the basis
 * @param sampleSize vectors that the basis was learned from
 * @param deviation how far the basis is from orthonormal
 * @param spreads for each level how much of the remainders counts in an estimate
 * @param codeOffsets where the area of each level begins
 * @param correctionsOffset where lengths and errors begin
 */
record BoundMeta(
    int[] levels,
    RotationId basisId,
    int sampleSize,
    float deviation,
    float[] spreads,
    long basisOffset,
    long[] codeOffsets,
    long correctionsOffset) {

  /** Components of all levels. */
  int size() {
    return levels[levels.length - 1];
  }

  /** Bytes that a level adds to a vector. */
  int width(int level) {
    return levels[level] - (level == 0 ? 0 : levels[level - 1]);
  }

  long codesLength(int level, int vectors) {
    return (long) vectors * width(level);
  }

  /** Length, then for each level the error of its bytes and the remainder after it. */
  int correctionsPerVector() {
    return 1 + 2 * levels.length;
  }

  long correctionsLength(int vectors) {
    return (long) vectors * correctionsPerVector() * Float.BYTES;
  }

  long basisLength(int dims) {
    return size() * (2L + dims) * Float.BYTES;
  }

  void write(IndexOutput meta) throws IOException {
    meta.writeVInt(levels.length);
    for (int length : levels) {
      meta.writeVInt(length);
    }
    meta.writeLong(basisId.high());
    meta.writeLong(basisId.low());
    meta.writeVInt(sampleSize);
    meta.writeInt(Float.floatToIntBits(deviation));
    for (float spread : spreads) {
      meta.writeInt(Float.floatToIntBits(spread));
    }
    meta.writeVLong(basisOffset);
    for (long offset : codeOffsets) {
      meta.writeVLong(offset);
    }
    meta.writeVLong(correctionsOffset);
  }

  static BoundMeta read(IndexInput meta, int dims, FieldInfo info) throws IOException {
    int count = meta.readVInt();
    check(count >= 1 && count <= MatryoshkaVectorsFormat.MAX_LEVELS, "levels", count, info, meta);
    int[] levels = new int[count];
    int previous = 0;
    for (int i = 0; i < count; i++) {
      levels[i] = meta.readVInt();
      boolean valid =
          levels[i] > previous && levels[i] <= dims && levels[i] % CodecOptions.BOUND_UNIT == 0;
      check(valid, "bound dims", levels[i], info, meta);
      previous = levels[i];
    }
    RotationId id = new RotationId(meta.readLong(), meta.readLong());
    int sampleSize = meta.readVInt();
    float deviation = Float.intBitsToFloat(meta.readInt());
    check(deviation >= 0 && Float.isFinite(deviation), "deviation", deviation, info, meta);
    float[] spreads = new float[count];
    for (int i = 0; i < count; i++) {
      spreads[i] = Float.intBitsToFloat(meta.readInt());
      check(spreads[i] >= 0 && spreads[i] <= 1, "spread", spreads[i], info, meta);
    }
    long basisOffset = meta.readVLong();
    long[] codeOffsets = new long[count];
    for (int i = 0; i < count; i++) {
      codeOffsets[i] = meta.readVLong();
    }
    return new BoundMeta(
        levels, id, sampleSize, deviation, spreads, basisOffset, codeOffsets, meta.readVLong());
  }

  private static void check(
      boolean valid, String what, Object value, FieldInfo info, IndexInput meta)
      throws CorruptIndexException {
    if (valid == false) {
      throw new CorruptIndexException(
          "invalid " + what + " [" + value + "] of field [" + info.name + "]", meta);
    }
  }
}
