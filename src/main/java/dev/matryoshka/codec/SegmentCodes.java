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
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.TrainingStats;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.util.VectorUtil;

/**
 * The codes of one field of one segment, read in place. Immutable and thread-safe; the {@linkplain
 * #cursor cursors} it hands out are not.
 */
public final class SegmentCodes {

  private final IndexInput data;
  private final FieldMeta meta;
  private final FieldMeta.CodesMeta codes;

  /**
   * The part of {@link QueryCode#randomError} that few real queries fall below, and those by
   * little; measured in docs/experiments.md.
   */
  private static final double LEAST_ERROR = 0.75;

  /** Relative deviation of distances from the mean up to which they are alike. */
  private static final double MOST_SPREAD = 0.12;

  /** Made by the first query; the same, whichever thread makes it. */
  private volatile float[] projectedMean;

  private volatile TypicalCorrections typical;

  private volatile Boolean inPlace;

  SegmentCodes(IndexInput data, FieldMeta meta) {
    this.data = data;
    this.meta = meta;
    this.codes = meta.codes();
  }

  /** Number of codes: one for each vector of the segment, deleted ones included. */
  public int size() {
    return meta.size();
  }

  /** Number of blocks that the codes are stored in. */
  int blocks() {
    return (size() + MatryoshkaVectorsFormat.BLOCK - 1) / MatryoshkaVectorsFormat.BLOCK;
  }

  /** Prefix lengths in bits, ascending; a copy. */
  public int[] levels() {
    return codes.levels().clone();
  }

  /** Length of the whole code. */
  public int bits() {
    return codes.bits();
  }

  public RotationKind kind() {
    return codes.kind();
  }

  public RotationId rotationId() {
    return codes.rotationId();
  }

  public TrainingStats stats() {
    return codes.stats();
  }

  /** What the merge that wrote the segment measured, or null where it did not. */
  public Calibration calibration() {
    return codes.calibration();
  }

  /** Bytes of all codes. */
  public long codeBytes() {
    long bytes = 0;
    for (int level = 0; level < codes.levels().length; level++) {
      bytes += codes.levelLength(level, meta.size());
    }
    return bytes;
  }

  /** Bytes of all corrections, those that only merges read included. */
  public long correctionBytes() {
    return codes.correctionsLength(meta.size()) + codes.roundedLength(meta.size());
  }

  /** Bytes of the rotation and the mean. */
  public long rotationBytes() {
    return codes.rotationLength(meta.dims());
  }

  int dims() {
    return meta.dims();
  }

  VectorSimilarityFunction similarity() {
    return meta.similarity();
  }

  /** A reader of codes for one thread. */
  public CodeCursor cursor() throws IOException {
    IndexInput[] areas = new IndexInput[codes.levels().length];
    for (int level = 0; level < areas.length; level++) {
      long length = codes.levelLength(level, meta.size());
      areas[level] = data.slice("codes", codes.levelOffsets()[level], length);
    }
    return new CodeCursor(codes, meta.size(), areas, corrections());
  }

  private CorrectionCursor corrections() throws IOException {
    long length = codes.correctionsLength(meta.size());
    IndexInput rounded =
        codes.rounded() == null
            ? null
            : data.slice("rounded", codes.rounded().offset(), codes.roundedLength(meta.size()));
    return new CorrectionCursor(
        codes,
        QueryCode.completing(meta.similarity(), codes.levels().length),
        data.slice("corrections", codes.correctionsOffset(), length),
        rounded);
  }

  /** Loads the rotation onto the heap. */
  Rotation loadRotation() throws IOException {
    return RotationSection.load(rotationSection(), meta.dims(), codes);
  }

  private IndexInput rotationSection() throws IOException {
    return data.slice("rotation", codes.rotationOffset(), codes.rotationLength(meta.dims()));
  }

  /**
   * Projects a query with the segment's rotation: no copy of the matrix is made.
   *
   * @param query as many dims as the field; not modified
   */
  public QueryCode encode(float[] query) throws IOException {
    int dims = meta.dims();
    float[] centred =
        meta.similarity() == VectorSimilarityFunction.COSINE
            ? UnitLength.copyOf(query, dims)
            : query.clone();
    IndexInput section = rotationSection();
    float[] mean = new float[dims];
    section.readFloats(mean, 0, dims);
    float dotMean = VectorUtil.dotProduct(centred, mean);
    for (int d = 0; d < dims; d++) {
      centred[d] -= mean[d];
    }
    boolean wholeMean = QueryCode.takesWholeMean(meta.similarity(), codes.kind());
    float[] projected;
    float[] projectedMean = null;
    if (codes.kind() == RotationKind.NONE) {
      projected = Arrays.copyOf(centred, codes.bits());
    } else {
      StoredMatrix matrix =
          new StoredMatrix(section, (long) dims * Float.BYTES, codes.bits(), dims);
      projected = matrix.times(centred);
      projectedMean = wholeMean ? null : projectedMean(matrix, mean);
    }
    return new QueryCode(
        meta.similarity(),
        codes.levels().clone(),
        codes.stats(),
        projected,
        projectedMean,
        dotMean,
        VectorUtil.dotProduct(centred, centred),
        dims);
  }

  /**
   * How far estimates are off at least, as a standard deviation, however well some vectors agree
   * with theirs: the errors of vectors that are nearly equal are nearly equal too, and say nothing
   * of those of others.
   *
   * @param level prefix of the code
   */
  public double leastError(QueryCode query, int level) throws IOException {
    return LEAST_ERROR * query.randomError(level, typical().medians());
  }

  /**
   * Whether errors of estimates are alike: they are in proportion to the distance of a vector from
   * the mean of all, which differs much where vectors are not scaled to one length.
   */
  public boolean errorsAlike() throws IOException {
    return typical().spread() <= MOST_SPREAD;
  }

  /**
   * Whether estimating all vectors takes little longer than comparing their codes by distance: with
   * codes of one level and rounded corrections, both in place, and {@linkplain HammingKernels#wide
   * wide} registers.
   */
  public boolean estimatesQuickly() throws IOException {
    if (inPlace == null) {
      inPlace = cursor().estimatesInPlace();
    }
    return inPlace && HammingKernels.INSTANCE.wide();
  }

  private TypicalCorrections typical() throws IOException {
    if (typical == null) {
      typical = TypicalCorrections.of(cursor(), codes.levels().length, size());
    }
    return typical;
  }

  private float[] projectedMean(StoredMatrix matrix, float[] mean) throws IOException {
    if (projectedMean == null) {
      projectedMean = matrix.times(mean);
    }
    return projectedMean;
  }
}
