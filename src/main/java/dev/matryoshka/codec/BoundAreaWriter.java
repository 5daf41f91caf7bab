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

import dev.matryoshka.binary.SimilarityKernels;
import dev.matryoshka.rotation.BoundBasis;
import java.io.Closeable;
import java.io.IOException;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexOutput;

/**
 * Writes what bounds of one field are made of, given its vectors, or what was written earlier under
 * the same basis, in ordinal order. The bytes of the first level go straight to the data file, the
 * rest waits in temporary files.
 *
 * <p>For a vector x the projections {@code p = Wx} are stored as bytes, of which t is what they
 * stand for. With P the orthogonal projection on the rows of W and {@code z = x - Wᵀt}, what
 * matters later is {@code ‖Pz‖} level by level, called error, and {@code ‖x - Px‖}, called
 * remainder. Both are written as upper bounds of their true values:
 *
 * <ul>
 *   <li>computed projections are off by at most {@code γ‖w‖‖x‖} each ({@link Rounding});
 *   <li>the rows are not quite orthonormal: with {@code E = WWᵀ - I} and {@code ‖E‖ ≤ ε} it is
 *       {@code Wz = p - t - Et}, and {@code ‖Px‖² ≥ ‖p‖² / (1 + ε)}, and {@code ‖w‖² ≤ 1 + ε}.
 * </ul>
 */
final class BoundAreaWriter implements Closeable {

  /** Vectors encoded together, so that the basis is read less often. */
  private static final int BATCH = 16;

  /** Squared lengths beyond which float arithmetic is too coarse to be bounded; never ruled out. */
  private static final double LEAST_SQUARE = 1e-20;

  private static final double GREATEST_SQUARE = 1e20;

  /** More than sums of doubles are off, as a share. */
  private static final double DOUBLE_ROUNDING = 1e-9;

  private final IndexOutput data;
  private final BoundBasis basis;
  private final RotationId basisId;
  private final boolean unitLength;
  private final boolean halves;
  private final int[] levels;
  private final double rowLength;
  private final double rounding;
  private final float[][] vectors = new float[BATCH][];
  private final float[][] projections;
  private final boolean[] extreme = new boolean[BATCH];
  private final byte[] bytes;
  private final float[] corrections;
  private final long[] codeOffsets;
  private final LaterParts later;
  private int pending;
  private int written;

  BoundAreaWriter(
      SegmentWriteState state,
      IndexOutput data,
      BoundBasis basis,
      VectorSimilarityFunction similarity,
      VectorElement element)
      throws IOException {
    this.data = data;
    this.basis = basis;
    this.basisId = BoundSection.id(basis);
    this.unitLength = similarity == VectorSimilarityFunction.COSINE;
    this.halves = element == VectorElement.BFLOAT16;
    this.levels = basis.levels();
    this.rowLength = Math.sqrt(1 + basis.deviation());
    this.rounding = Rounding.ofProducts(basis.dims());
    this.projections = new float[BATCH][basis.rows().length];
    this.bytes = new byte[basis.rows().length];
    this.corrections = new float[1 + 2 * levels.length];
    this.codeOffsets = new long[levels.length];
    this.codeOffsets[0] = data.alignFilePointer(MatryoshkaVectorsFormat.ALIGNMENT);
    this.later = new LaterParts(state.directory, data, "bounds", levels.length);
  }

  RotationId basisId() {
    return basisId;
  }

  /** Appends a vector to be encoded; copies it. */
  void add(float[] vector) throws IOException {
    float[] copy = vector.clone();
    double square = 0;
    for (int d = 0; d < copy.length; d++) {
      if (halves) {
        // What is compared is what is stored.
        copy[d] = BFloat16.round(copy[d]);
      }
      square += (double) copy[d] * copy[d];
    }
    extreme[pending] = (square >= LEAST_SQUARE && square <= GREATEST_SQUARE) == false;
    if (unitLength) {
      UnitLength.scale(copy, 0, copy.length);
    }
    vectors[pending++] = copy;
    if (pending == BATCH) {
      encodePending();
    }
  }

  /** Appends what was written earlier under the same basis. */
  void copy(BoundCursor source, int ord) throws IOException {
    encodePending();
    int from = 0;
    for (int level = 0; level < levels.length; level++) {
      source.readBytes(level, ord, 1, bytes, from);
      from = levels[level];
    }
    source.readCorrections(ord, 1, corrections, 0);
    writeOne();
  }

  private void encodePending() throws IOException {
    float[][] rows = basis.rows();
    for (int r = 0; r < rows.length; r++) {
      for (int i = 0; i < pending; i++) {
        projections[i][r] = SimilarityKernels.INSTANCE.dot(rows[r], vectors[i]);
      }
    }
    for (int i = 0; i < pending; i++) {
      encode(vectors[i], projections[i], extreme[i]);
      writeOne();
    }
    pending = 0;
  }

  private void encode(float[] vector, float[] projected, boolean boundless) {
    double square = 0;
    for (float component : vector) {
      square += (double) component * component;
    }
    double length = Math.sqrt(square);
    double off = rounding * rowLength * length;
    double[] errors = new double[levels.length];
    double storedSquare = 0;
    double projectedSquare = 0;
    int r = 0;
    for (int level = 0; level < levels.length; level++) {
      int from = r;
      for (; r < levels[level]; r++) {
        double step = basis.steps()[r];
        double offset = basis.offsets()[r];
        double code = step == 0 ? 0 : Math.rint((projected[r] - offset) / step);
        bytes[r] = (byte) Math.clamp(code, -Byte.MAX_VALUE, Byte.MAX_VALUE);
        double stored = offset + step * bytes[r];
        errors[level] += (projected[r] - stored) * (projected[r] - stored);
        storedSquare += stored * stored;
        projectedSquare += (double) projected[r] * projected[r];
      }
      errors[level] = Math.sqrt(errors[level]) + off * Math.sqrt(r - from);
      double inside = Math.max(0, Math.sqrt(projectedSquare) - off * Math.sqrt(r));
      double outside = square * (1 + DOUBLE_ROUNDING) - inside * inside / (1 + basis.deviation());
      corrections[2 + 2 * level] =
          boundless ? Float.POSITIVE_INFINITY : up(Math.sqrt(Math.max(0, outside)));
    }
    for (int level = 0; level < levels.length; level++) {
      double error = errors[level] + basis.deviation() * Math.sqrt(storedSquare);
      corrections[1 + 2 * level] = up(error * (1 + DOUBLE_ROUNDING));
    }
    corrections[0] = unitLength ? 1 : (float) length;
  }

  private static float up(double value) {
    return Math.nextUp((float) value);
  }

  private void writeOne() throws IOException {
    int from = 0;
    for (int level = 0; level < levels.length; level++) {
      IndexOutput out = level == 0 ? data : later.part(level - 1);
      out.writeBytes(bytes, from, levels[level] - from);
      from = levels[level];
    }
    IndexOutput out = later.part(levels.length - 1);
    for (float correction : corrections) {
      out.writeInt(Float.floatToRawIntBits(correction));
    }
    written++;
  }

  /** Writes what is left and returns the description. */
  BoundMeta finish() throws IOException {
    encodePending();
    for (int level = 1; level < levels.length; level++) {
      codeOffsets[level] = later.append(level - 1);
    }
    long correctionsOffset = later.append(levels.length - 1);
    long basisOffset = data.alignFilePointer(MatryoshkaVectorsFormat.ALIGNMENT);
    BoundSection.write(basis, data);
    return new BoundMeta(
        levels,
        basisId,
        basis.sampleSize(),
        basis.deviation(),
        basis.spreads(),
        basisOffset,
        codeOffsets,
        correctionsOffset);
  }

  /** Vectors taken so far. */
  int written() {
    return written + pending;
  }

  /** Removes the temporary files. */
  @Override
  public void close() throws IOException {
    later.close();
  }
}
