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
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.hnsw.FlatVectorScorerUtil;
import org.apache.lucene.codecs.hnsw.FlatVectorsFormat;
import org.apache.lucene.codecs.lucene99.Lucene99FlatVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

/**
 * Stores full-precision vectors and, next to them, short binary codes of their rotated selves. This
 * class is the specification of the files. Integers are little-endian as {@link
 * org.apache.lucene.store.DataOutput} writes them, but for headers and footers, which are {@link
 * org.apache.lucene.codecs.CodecUtil}'s.
 *
 * <h2>Full-precision vectors</h2>
 *
 * <p>{@code .vec} and {@code .vemf}, written by {@link Lucene99FlatVectorsFormat}: floats for
 * {@link VectorElement#FLOAT}, or for {@link VectorElement#BFLOAT16} byte vectors of twice the
 * dimension, each component the upper two bytes of a float, low byte first.
 *
 * <h2>.vemb (codes, metadata)</h2>
 *
 * <ul>
 *   <li>index header: {@link #META_CODEC_NAME}, version {@link #VERSION_CURRENT}
 *   <li>for each field:
 *       <ul>
 *         <li><b>int</b> field number
 *         <li><b>byte</b> {@link VectorElement#code()}
 *         <li><b>byte</b> similarity: 0 Euclidean, 1 dot product, 2 cosine, 3 maximum inner product
 *         <li><b>vint</b> dims
 *         <li><b>int</b> number of vectors, N
 *         <li><b>byte</b> 1 when the field has codes, else 0 and none of the next up to bounds
 *         <li><b>byte</b> {@link dev.matryoshka.rotation.RotationKind#code()}
 *         <li><b>vint</b> number of levels L, 1 to 64, then L <b>vint</b>s: prefix lengths in bits,
 *             ascending multiples of 64
 *         <li><b>long, long</b> identity of the rotation: murmurhash3_x64_128 of its kind, L and
 *             the prefix lengths as <b>int</b>s, and its section
 *         <li><b>vint</b> vectors it was trained on, <b>int</b> float bits of its alignment, L
 *             times <b>int</b> float bits of the level's energy ({@link
 *             dev.matryoshka.rotation.TrainingStats})
 *         <li><b>vlong</b> offset of the rotation section in .veb
 *         <li>L times <b>vlong</b> offset of a code area
 *         <li><b>vlong</b> offset of the corrections
 *         <li>since version {@link #VERSION_ROUNDED}: <b>byte</b> 1 when there are rounded
 *             corrections, else 0 and none of the next; L + 1 times <b>int</b> float bits of a base
 *             o and <b>int</b> float bits of a step s; <b>vlong</b> offset of the rounded
 *             corrections
 *         <li>since version {@link #VERSION_CALIBRATED}: <b>byte</b> 1 when the codes were
 *             calibrated, else 0 and none of the next; <b>vint</b> number of held-out vectors, then
 *             recall as the float bits of 48 <b>int</b>s: by distance, of 10 hits when 10, 20, 40,
 *             …, 20480 are kept, of 100 hits when 100, …, 204800 are kept; the same by estimate
 *         <li><b>byte</b> 1 when the field has bounds, else 0 and nothing further
 *         <li><b>vint</b> number of levels B, 1 to 64, then B <b>vint</b>s: numbers of components,
 *             ascending multiples of 64
 *         <li><b>long, long</b> identity of the basis: murmurhash3_x64_128 of the numbers of
 *             components as <b>int</b>s, and its section
 *         <li><b>vint</b> vectors it was learned from, <b>int</b> float bits of its deviation from
 *             orthonormality, B times <b>int</b> float bits of the spread of remainders, 0 to 1
 *         <li><b>vlong</b> offset of the basis in .veb
 *         <li>B times <b>vlong</b> offset of an area of bytes
 *         <li><b>vlong</b> offset of the bounds' corrections
 *       </ul>
 *   <li><b>int</b> -1
 *   <li>footer
 * </ul>
 *
 * <h2>.veb (codes, data)</h2>
 *
 * <ul>
 *   <li>index header: {@link #DATA_CODEC_NAME}, version {@link #VERSION_CURRENT}
 *   <li>for each field with codes, each part aligned to {@link #ALIGNMENT} bytes:
 *       <ul>
 *         <li>code area of each level, holding the W words that the level adds to the previous one:
 *             groups of 8 vectors; in a group first word 0 of its vectors, then word 1 of its
 *             vectors, …; ⌈N / 8⌉ × W × 64 bytes, zeros where the last group has fewer vectors. Bit
 *             {@code b % 64} of word {@code b / 64} is set when projection b of {@code p = R (x -
 *             mean)} is not negative (its sign bit is clear)
 *         <li>corrections, L + 2 floats for each vector: for each level the scale {@code s = ‖p‖² /
 *             ‖p‖₁} of its own projections p (0 if they are), then {@code ⟨x - mean, mean⟩}, then
 *             {@code ‖x - mean‖²}; x is scaled to unit length under cosine. In the same groups:
 *             first the first of these for 8 vectors, then the second, …; ⌈N / 8⌉ × (L + 2) × 32
 *             bytes
 *         <li>rounded corrections, which searches read instead: L + 1 signed bytes b, -127 to 127,
 *             for each vector, which stand for {@code s·b + o} each: first the scales, then {@code
 *             ‖x - mean‖²} for Euclidean similarity, otherwise {@code ⟨x - mean, mean⟩}. In the
 *             same groups; ⌈N / 8⌉ × (L + 1) × 8 bytes, zeros where the last group has fewer
 *             vectors. Absent where these bytes would be too coarse
 *         <li>before version {@link #VERSION_GROUPED} codes and corrections were arranged
 *             otherwise: codes in blocks of 512 vectors, the last with the n that remain, in a
 *             block first word 0 of its n vectors, then word 1, …, N × W × 8 bytes; corrections one
 *             vector after the other, N × (L + 2) × 4 bytes
 *         <li>rotation section: mean (dims floats), then R (bits × dims floats, row-major); no R
 *             for rotation kind none, whose projections are the leading components of {@code x -
 *             mean}
 *       </ul>
 *   <li>for each field with bounds, each part aligned to {@link #ALIGNMENT} bytes:
 *       <ul>
 *         <li>area of each level: for each vector one signed byte c, -127 to 127, for each of the
 *             components that the level adds
 *         <li>corrections, (1 + 2 B) × 4 bytes for each vector: its length (1 under cosine), then
 *             for each level an upper bound of the error of its components and an upper bound of
 *             the length of what lies outside all components so far, +∞ for vectors too short or
 *             too long to be bounded
 *         <li>basis: offsets o and steps s (a float each for all components), then the components
 *             (dims floats each); a byte c of component j stands for the projection {@code oⱼ +
 *             sⱼ·c}
 *       </ul>
 *   <li>footer
 * </ul>
 *
 * <p>The position of a vector in all of these is its ordinal in the full-precision file. Fields
 * with fewer than {@link #MIN_CODED_VECTORS} vectors in a segment carry no codes and are searched
 * exactly. The extensions are ones that Elasticsearch maps into memory.
 */
public final class MatryoshkaVectorsFormat extends KnnVectorsFormat {

  /** The SPI name, written into every segment. */
  public static final String NAME = "Matryoshka953VectorsFormat";

  /** Most dimensions of a vector. */
  public static final int MAX_DIMS = 4096;

  /** Vectors of a segment below which an exact scan is as fast as a funnel. */
  public static final int MIN_CODED_VECTORS = 1024;

  /**
   * Vectors of a flushed segment below which no rotation is learned, since a refresh waits for the
   * flush and a merge will soon follow. It still has codes where a rotation can be inherited.
   */
  static final int MIN_TRAINED_FLUSH = 20_000;

  /** Bits, or components of bounds, above which learning takes too long for a flush. */
  static final int MAX_TRAINED_FLUSH_BITS = 512;

  static final String META_EXTENSION = "vemb";
  static final String DATA_EXTENSION = "veb";
  static final String META_CODEC_NAME = "MatryoshkaCodesMeta";
  static final String DATA_CODEC_NAME = "MatryoshkaCodesData";
  static final int VERSION_START = 0;

  /** Since when segments say what their first stage finds. */
  static final int VERSION_CALIBRATED = 1;

  /** Since when codes and corrections are in groups of eight. */
  static final int VERSION_GROUPED = 2;

  /** Since when corrections are rounded for searches. */
  static final int VERSION_ROUNDED = 3;

  static final int VERSION_CURRENT = VERSION_ROUNDED;

  /** Vectors whose codes are looked at together: in cache from one pass over them to the next. */
  static final int BLOCK = 512;

  /** Bytes; suits the cache line of every current processor. */
  static final int ALIGNMENT = 64;

  static final int MAX_LEVELS = MAX_DIMS / Long.SIZE;

  static final FlatVectorsFormat FLOAT_VECTORS =
      new Lucene99FlatVectorsFormat(FlatVectorScorerUtil.getLucene99FlatVectorsScorer());

  private final CodecOptions options;
  private final RecentRotations.Owner owner = new RecentRotations.Owner();
  private final RecentRotations rotations;
  private final RotationListener listener;

  /** For readers, which the SPI creates: a segment carries its own configuration. */
  public MatryoshkaVectorsFormat() {
    this(null);
  }

  /**
   * For the writers of one index.
   *
   * @param options what the mapping asks for; {@code null} takes the defaults for the dims
   */
  public MatryoshkaVectorsFormat(CodecOptions options) {
    this(options, new RecentRotations(), (what, trainingNanos) -> {});
  }

  /**
   * For the writers of one index among many.
   *
   * @param options what the mapping asks for; {@code null} takes the defaults for the dims
   * @param rotations shared by all indices of a node, to bound what they remember together
   * @param listener told which rotation a segment gets; Lucene's info stream is told too
   */
  public MatryoshkaVectorsFormat(
      CodecOptions options, RecentRotations rotations, RotationListener listener) {
    super(NAME);
    this.options = options;
    this.rotations = rotations;
    this.listener = listener;
  }

  @Override
  public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
    return new MatryoshkaVectorsWriter(state, owner, options, rotations, listener);
  }

  @Override
  public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
    return MatryoshkaVectorsReader.open(state);
  }

  @Override
  public int getMaxDimensions(String fieldName) {
    return MAX_DIMS;
  }

  @Override
  public String toString() {
    return NAME + "(options=" + options + ")";
  }
}
