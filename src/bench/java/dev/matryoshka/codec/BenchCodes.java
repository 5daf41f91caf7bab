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

import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.TrainingStats;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.lucene.index.DocValuesSkipIndexType;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.SegmentInfo;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.ChecksumIndexInput;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FileDataHint;
import org.apache.lucene.store.FileTypeHint;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.InfoStream;
import org.apache.lucene.util.StringHelper;
import org.apache.lucene.util.Version;

/**
 * Codes of segments that have no full-precision vectors, written by the writer and read by the
 * reader of real ones: ten million take 0.4 GB instead of 30. Here because those two are known to
 * their package only.
 */
public final class BenchCodes {

  private static final VectorSimilarityFunction SIMILARITY = VectorSimilarityFunction.COSINE;
  private static final FieldInfo FIELD = field(256);

  private BenchCodes() {}

  /**
   * Writes codes of random bits.
   *
   * @param name of the two files, without extension
   * @param bits length of a code, a multiple of 64
   */
  public static void writeRandom(Directory directory, String name, int size, int bits, long seed)
      throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    float[] signs = new float[bits];
    Rotation plain =
        new Rotation(
            RotationKind.NONE, new int[] {bits}, new float[bits], null, stats(List.of(1f)));
    try (IndexOutput data = directory.createOutput(name + ".data", IOContext.DEFAULT);
        IndexOutput meta = directory.createOutput(name + ".meta", IOContext.DEFAULT);
        CodeAreaWriter writer =
            new CodeAreaWriter(state(directory), data, KnownRotation.of(plain), SIMILARITY, null)) {
      for (int i = 0; i < size; i++) {
        for (int b = 0; b < bits; b += Long.SIZE) {
          long word = random.nextLong();
          for (int s = 0; s < Long.SIZE; s++) {
            signs[b + s] = (word >>> s & 1) == 0 ? -1 : 1;
          }
        }
        writer.add(signs);
      }
      new FieldMeta(VectorElement.FLOAT, SIMILARITY, bits, size, writer.finish(), null)
          .write(FIELD.number, meta);
    }
  }

  /** Opens the data file of codes that {@link #writeRandom} wrote, as the plugin's reader does. */
  public static IndexInput openData(Directory directory, String name) throws IOException {
    return directory.openInput(
        name + ".data", IOContext.DEFAULT.withHints(FileTypeHint.DATA, FileDataHint.KNN_VECTORS));
  }

  /** The codes in an open data file. */
  public static SegmentCodes open(Directory directory, String name, int bits, IndexInput data)
      throws IOException {
    try (ChecksumIndexInput meta = directory.openChecksumInput(name + ".meta")) {
      meta.readInt();
      return new SegmentCodes(
          data, FieldMeta.read(meta, field(bits), MatryoshkaVectorsFormat.VERSION_CURRENT));
    }
  }

  /**
   * Encodes vectors under a rotation into a temporary file of a directory, which is deleted.
   *
   * @return the offset of the corrections, so that there is a result
   */
  public static long encode(Directory directory, Rotation rotation, float[][] vectors)
      throws IOException {
    IndexOutput data = directory.createTempOutput("encode", "data", IOContext.DEFAULT);
    try (data;
        CodeAreaWriter writer =
            new CodeAreaWriter(
                state(directory), data, KnownRotation.of(rotation), SIMILARITY, null)) {
      for (float[] vector : vectors) {
        writer.add(vector);
      }
      return writer.finish().correctionsOffset();
    } finally {
      directory.deleteFile(data.getName());
    }
  }

  private static TrainingStats stats(List<Float> energies) {
    return new TrainingStats(1, 1, energies);
  }

  private static SegmentWriteState state(Directory directory) {
    SegmentInfo segment =
        new SegmentInfo(
            directory,
            Version.LATEST,
            Version.LATEST,
            "_0",
            0,
            false,
            false,
            null,
            Map.of(),
            StringHelper.randomId(),
            Map.of(),
            null);
    return new SegmentWriteState(
        InfoStream.NO_OUTPUT, directory, segment, FieldInfos.EMPTY, null, IOContext.DEFAULT);
  }

  private static FieldInfo field(int dims) {
    return new FieldInfo(
        "v",
        0,
        false,
        false,
        false,
        IndexOptions.NONE,
        DocValuesType.NONE,
        DocValuesSkipIndexType.NONE,
        -1,
        Map.of(),
        0,
        0,
        0,
        dims,
        VectorEncoding.FLOAT32,
        SIMILARITY,
        false,
        false);
  }
}
