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
import java.io.Closeable;
import java.io.IOException;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.VectorUtil;

/**
 * Writes the codes and corrections of one field, given its vectors, or codes made earlier under the
 * same rotation, in ordinal order. The first level goes straight to the data file; further levels
 * and the corrections wait in temporary files, so that each area ends up contiguous. Heap: a batch
 * of vectors and their projections, about {@code 384 * (dims + bits)} bytes, and a block of codes
 * and corrections.
 */
final class CodeAreaWriter implements Closeable {

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;
  private static final int GROUP = HammingKernels.GROUP;

  private final IndexOutput data;
  private final KnownRotation rotation;
  private final Calibrator calibrator;
  private final CodeEncoder encoder;
  private final int[] levels;
  private final int words;
  private final int perVector;

  private final long[] block;
  private final float[] corrections;
  private final long[] levelOffsets;
  private final LaterParts later;
  private final VectorSimilarityFunction similarity;
  private final CorrectionRounding rounding;

  private int filled;
  private int written;

  /**
   * @param calibrator told the codes that are written, after the vectors that they are of; or null
   */
  CodeAreaWriter(
      SegmentWriteState state,
      IndexOutput data,
      KnownRotation rotation,
      VectorSimilarityFunction similarity,
      Calibrator calibrator)
      throws IOException {
    this.data = data;
    this.rotation = rotation;
    this.calibrator = calibrator;
    this.encoder = new CodeEncoder(rotation.rotation(), similarity);
    this.levels = rotation.rotation().levels();
    this.words = encoder.words();
    this.perVector = encoder.perVector();
    this.block = new long[BLOCK * words];
    this.corrections = new float[BLOCK * perVector];
    this.levelOffsets = new long[levels.length];
    this.similarity = similarity;
    this.rounding = new CorrectionRounding(levels, QueryCode.completing(similarity, levels.length));
    this.levelOffsets[0] = data.alignFilePointer(MatryoshkaVectorsFormat.ALIGNMENT);
    this.later = new LaterParts(state.directory, data, "codes", levels.length);
  }

  /** Appends a vector to be encoded; copies it. */
  void add(float[] vector) throws IOException {
    if (encoder.add(vector, filled)) {
      encoder.encode(block, corrections);
    }
    next();
  }

  /** Appends a code made earlier under the same rotation. */
  void copy(CodeCursor source, int ord) throws IOException {
    source.readCode(ord, block, HammingKernels.index(filled, 0, words), GROUP);
    int at = HammingKernels.index(filled, 0, perVector);
    source.readStored(ord, corrections, at, GROUP);
    next();
  }

  /**
   * Appends a code made earlier under the same rotation.
   *
   * @param lane where it is in the groups of the two arrays
   */
  void copy(long[] codes, float[] itsCorrections, int lane) throws IOException {
    for (int w = 0; w < words; w++) {
      block[HammingKernels.index(filled, w, words)] = codes[HammingKernels.index(lane, w, words)];
    }
    for (int c = 0; c < perVector; c++) {
      corrections[HammingKernels.index(filled, c, perVector)] =
          itsCorrections[HammingKernels.index(lane, c, perVector)];
    }
    next();
  }

  private void next() throws IOException {
    if (++filled == BLOCK) {
      writeBlock();
    }
  }

  private void writeBlock() throws IOException {
    encoder.encode(block, corrections);
    if (calibrator != null) {
      calibrator.block(block, filled, corrections);
    }
    rounding.add(corrections, filled);
    int groups = HammingKernels.groups(filled);
    for (int i = filled; i < groups * GROUP; i++) {
      clear(i);
    }
    for (int level = 0, first = 0; level < levels.length; first = levels[level++] / Long.SIZE) {
      IndexOutput out = level == 0 ? data : later.part(level - 1);
      int length = (levels[level] / Long.SIZE - first) * GROUP;
      for (int group = 0; group < groups; group++) {
        int from = (group * words + first) * GROUP;
        for (int at = from; at < from + length; at++) {
          out.writeLong(block[at]);
        }
      }
    }
    IndexOutput out = later.part(levels.length - 1);
    for (int at = 0; at < groups * GROUP * perVector; at++) {
      out.writeInt(Float.floatToRawIntBits(corrections[at]));
    }
    written += filled;
    filled = 0;
  }

  /** What fills up the last group is the same, whatever was there before. */
  private void clear(int lane) {
    for (int w = 0; w < words; w++) {
      block[HammingKernels.index(lane, w, words)] = 0;
    }
    for (int c = 0; c < perVector; c++) {
      corrections[HammingKernels.index(lane, c, perVector)] = 0;
    }
  }

  /** Writes what is left and returns the description. */
  FieldMeta.CodesMeta finish() throws IOException {
    if (filled > 0) {
      writeBlock();
    }
    for (int level = 1; level < levels.length; level++) {
      levelOffsets[level] = later.append(level - 1);
    }
    long correctionsOffset = later.append(levels.length - 1);
    FieldMeta.Rounded rounded = writeRounded();
    long rotationOffset = data.alignFilePointer(MatryoshkaVectorsFormat.ALIGNMENT);
    RotationSection.write(rotation.rotation(), data);
    return new FieldMeta.CodesMeta(
        CodeLayout.of(MatryoshkaVectorsFormat.VERSION_CURRENT),
        rotation.rotation().kind(),
        levels,
        rotation.id(),
        rotation.rotation().stats(),
        rotationOffset,
        levelOffsets,
        correctionsOffset,
        rounded,
        calibrator == null ? null : calibrator.finish());
  }

  private FieldMeta.Rounded writeRounded() throws IOException {
    double reach =
        similarity == VectorSimilarityFunction.EUCLIDEAN
            ? 2 * Math.sqrt(rounding.meanCompleting())
            : length(rotation.rotation().mean());
    ByteScale[] scales = rounding.scales(reach);
    if (scales == null) {
      return null;
    }
    long offset = data.alignFilePointer(MatryoshkaVectorsFormat.ALIGNMENT);
    try (IndexInput floats = later.open(levels.length - 1)) {
      rounding.write(floats, scales, data);
    }
    return new FieldMeta.Rounded(offset, scales);
  }

  private static double length(float[] vector) {
    return Math.sqrt(VectorUtil.dotProduct(vector, vector));
  }

  /** Vectors written so far. */
  int written() {
    return written + filled;
  }

  /** Removes the temporary files. */
  @Override
  public void close() throws IOException {
    later.close();
  }
}
