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
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.TrainingStats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;

/**
 * What metadata says of one field of one segment; {@link MatryoshkaVectorsFormat} specifies the
 * bytes.
 *
 * @param codes where the codes are, or null when the field has none in this segment
 * @param bounds where bounds are, or null when the field has none in this segment
 */
record FieldMeta(
    VectorElement element,
    VectorSimilarityFunction similarity,
    int dims,
    int size,
    CodesMeta codes,
    BoundMeta bounds) {

  /**
   * Describes codes.
   *
   * @param layout how codes and corrections are arranged
   * @param levels prefix lengths in bits
   * @param levelOffsets where the area of each level begins
   * @param rounded null where corrections are floats only
   * @param calibration null where none was made
   */
  record CodesMeta(
      CodeLayout layout,
      RotationKind kind,
      int[] levels,
      RotationId rotationId,
      TrainingStats stats,
      long rotationOffset,
      long[] levelOffsets,
      long correctionsOffset,
      Rounded rounded,
      Calibration calibration) {

    int bits() {
      return levels[levels.length - 1];
    }

    /** Words that a level adds to the one before. */
    int words(int level) {
      return (levels[level] - (level == 0 ? 0 : levels[level - 1])) / Long.SIZE;
    }

    long levelLength(int level, int size) {
      return layout.codesLength(size, words(level));
    }

    int correctionsPerVector() {
      return levels.length + 2;
    }

    long correctionsLength(int size) {
      return layout.correctionsLength(size, correctionsPerVector());
    }

    /** Bytes of the rounded corrections. */
    long roundedLength(int size) {
      return rounded == null
          ? 0
          : (long) HammingKernels.groups(size) * HammingKernels.GROUP * rounded.scales.length;
    }

    /** Bytes of the corrections that searches read of all vectors. */
    long searchedLength(int size) {
      return rounded == null ? correctionsLength(size) : roundedLength(size);
    }

    long rotationLength(int dims) {
      long rows = kind == RotationKind.NONE ? 1 : 1L + bits();
      return rows * dims * Float.BYTES;
    }
  }

  /**
   * Describes rounded corrections.
   *
   * @param scales of each column: those of levels, then that of what completes estimates
   */
  record Rounded(long offset, ByteScale[] scales) {}

  void write(int fieldNumber, IndexOutput meta) throws IOException {
    meta.writeInt(fieldNumber);
    meta.writeByte((byte) element.code());
    meta.writeByte((byte) similarityCode(similarity));
    meta.writeVInt(dims);
    meta.writeInt(size);
    meta.writeByte((byte) (codes == null ? 0 : 1));
    if (codes != null) {
      writeCodes(meta);
    }
    meta.writeByte((byte) (bounds == null ? 0 : 1));
    if (bounds != null) {
      bounds.write(meta);
    }
  }

  private void writeCodes(IndexOutput meta) throws IOException {
    meta.writeByte((byte) codes.kind.code());
    meta.writeVInt(codes.levels.length);
    for (int length : codes.levels) {
      meta.writeVInt(length);
    }
    meta.writeLong(codes.rotationId.high());
    meta.writeLong(codes.rotationId.low());
    meta.writeVInt(codes.stats.sampleSize());
    meta.writeInt(Float.floatToIntBits(codes.stats.alignment()));
    for (float energy : codes.stats.energies()) {
      meta.writeInt(Float.floatToIntBits(energy));
    }
    meta.writeVLong(codes.rotationOffset);
    for (long offset : codes.levelOffsets) {
      meta.writeVLong(offset);
    }
    meta.writeVLong(codes.correctionsOffset);
    meta.writeByte((byte) (codes.rounded == null ? 0 : 1));
    if (codes.rounded != null) {
      for (ByteScale scale : codes.rounded.scales) {
        meta.writeInt(Float.floatToIntBits(scale.base()));
        meta.writeInt(Float.floatToIntBits(scale.step()));
      }
      meta.writeVLong(codes.rounded.offset);
    }
    meta.writeByte((byte) (codes.calibration == null ? 0 : 1));
    if (codes.calibration != null) {
      codes.calibration.write(meta);
    }
  }

  /**
   * Reads what {@link #write} wrote after the field number.
   *
   * @param version of the file
   */
  static FieldMeta read(IndexInput meta, FieldInfo info, int version) throws IOException {
    try {
      VectorElement element = VectorElement.fromCode(meta.readByte());
      VectorSimilarityFunction similarity = similarity(meta.readByte());
      int dims = meta.readVInt();
      int size = meta.readInt();
      check(dims == info.getVectorDimension(), "dims", dims, info, meta);
      check(similarity == info.getVectorSimilarityFunction(), "similarity", similarity, info, meta);
      check(size >= 0, "number of vectors", size, info, meta);
      byte coded = meta.readByte();
      check(coded == 0 || coded == 1, "coded flag", coded, info, meta);
      CodesMeta codes = coded == 1 ? readCodes(meta, dims, info, version) : null;
      byte bounded = meta.readByte();
      check(bounded == 0 || bounded == 1, "bounded flag", bounded, info, meta);
      BoundMeta bounds = bounded == 1 ? BoundMeta.read(meta, dims, info) : null;
      return new FieldMeta(element, similarity, dims, size, codes, bounds);
    } catch (IllegalArgumentException e) {
      throw new CorruptIndexException(e.getMessage() + " in field [" + info.name + "]", meta, e);
    }
  }

  private static CodesMeta readCodes(IndexInput meta, int dims, FieldInfo info, int version)
      throws IOException {
    RotationKind kind = RotationKind.fromCode(meta.readByte());
    int count = meta.readVInt();
    check(count >= 1 && count <= MatryoshkaVectorsFormat.MAX_LEVELS, "levels", count, info, meta);
    int[] levels = new int[count];
    int previous = 0;
    for (int i = 0; i < count; i++) {
      levels[i] = meta.readVInt();
      boolean valid = levels[i] > previous && levels[i] <= dims && levels[i] % Long.SIZE == 0;
      check(valid, "bits", levels[i], info, meta);
      previous = levels[i];
    }
    RotationId id = new RotationId(meta.readLong(), meta.readLong());
    int sampleSize = meta.readVInt();
    float alignment = Float.intBitsToFloat(meta.readInt());
    List<Float> energies = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float energy = Float.intBitsToFloat(meta.readInt());
      check(energy >= 0, "energy", energy, info, meta);
      energies.add(energy);
    }
    TrainingStats stats = new TrainingStats(sampleSize, alignment, energies);
    long rotationOffset = meta.readVLong();
    long[] levelOffsets = new long[count];
    for (int i = 0; i < count; i++) {
      levelOffsets[i] = meta.readVLong();
    }
    long correctionsOffset = meta.readVLong();
    Rounded rounded =
        version >= MatryoshkaVectorsFormat.VERSION_ROUNDED ? readRounded(meta, count, info) : null;
    Calibration calibration = null;
    if (version >= MatryoshkaVectorsFormat.VERSION_CALIBRATED) {
      byte calibrated = meta.readByte();
      check(calibrated == 0 || calibrated == 1, "calibrated flag", calibrated, info, meta);
      calibration = calibrated == 1 ? Calibration.read(meta) : null;
    }
    return new CodesMeta(
        CodeLayout.of(version),
        kind,
        levels,
        id,
        stats,
        rotationOffset,
        levelOffsets,
        correctionsOffset,
        rounded,
        calibration);
  }

  private static Rounded readRounded(IndexInput meta, int levels, FieldInfo info)
      throws IOException {
    byte flag = meta.readByte();
    check(flag == 0 || flag == 1, "rounded flag", flag, info, meta);
    if (flag == 0) {
      return null;
    }
    ByteScale[] scales = new ByteScale[levels + 1];
    for (int c = 0; c < scales.length; c++) {
      float base = Float.intBitsToFloat(meta.readInt());
      float step = Float.intBitsToFloat(meta.readInt());
      check(Float.isFinite(base), "base", base, info, meta);
      check(Float.isFinite(step) && step >= 0, "step", step, info, meta);
      scales[c] = new ByteScale(base, step);
    }
    return new Rounded(meta.readVLong(), scales);
  }

  private static void check(
      boolean valid, String what, Object value, FieldInfo info, IndexInput meta)
      throws CorruptIndexException {
    if (valid == false) {
      throw new CorruptIndexException(
          "invalid " + what + " [" + value + "] of field [" + info.name + "]", meta);
    }
  }

  private static int similarityCode(VectorSimilarityFunction similarity) {
    return switch (similarity) {
      case EUCLIDEAN -> 0;
      case DOT_PRODUCT -> 1;
      case COSINE -> 2;
      case MAXIMUM_INNER_PRODUCT -> 3;
    };
  }

  private static VectorSimilarityFunction similarity(int code) {
    return switch (code) {
      case 0 -> VectorSimilarityFunction.EUCLIDEAN;
      case 1 -> VectorSimilarityFunction.DOT_PRODUCT;
      case 2 -> VectorSimilarityFunction.COSINE;
      case 3 -> VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT;
      default -> throw new IllegalArgumentException("unknown similarity code [" + code + "]");
    };
  }
}
