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

import com.carrotsearch.randomizedtesting.generators.RandomPicks;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;

/** The bytes of both files, read as the format's Javadoc says and by nothing of the reader's. */
public class FormatSpecificationTests extends MatryoshkaTestCase {

  private static final int DIMS = 200;
  private static final int COUNT = 1030;

  /** Little-endian, with Lucene's variable-length integers. */
  private static final class Bytes {
    final ByteBuffer buffer;

    Bytes(Directory directory, String extension, String codecName) throws IOException {
      String found = null;
      for (String file : directory.listAll()) {
        found = file.endsWith("." + extension) ? file : found;
      }
      try (IndexInput in = directory.openInput(found, IOContext.DEFAULT)) {
        byte[] bytes = new byte[Math.toIntExact(in.length())];
        in.readBytes(bytes, 0, bytes.length);
        buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      }
      String suffix = found.substring(found.indexOf('_', 1) + 1, found.lastIndexOf('.'));
      buffer.position(CodecUtil.indexHeaderLength(codecName, suffix));
    }

    long vlong() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = buffer.get();
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }
  }

  public void testBytes() throws IOException {
    checkBytes(false);
  }

  public void testBytesOfMergedSegment() throws IOException {
    checkBytes(true);
  }

  private static void checkBytes(boolean merged) throws IOException {
    RotationKind kind = random().nextBoolean() ? RotationKind.RANDOM : RotationKind.NONE;
    VectorSimilarityFunction similarity =
        RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    CodecOptions options = CodedIndex.options(kind, 64, 192);
    try (Directory directory = newDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, CodedIndex.plainFiles(options))) {
        for (int i = 0; i < COUNT; i++) {
          writer.addDocument(CodedIndex.document(i, CodedIndex.vector(random(), DIMS), similarity));
          if (merged && i == COUNT / 2) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        LeafReader leaf = getOnlyLeafReader(reader);
        SegmentCodes codes = CodedIndex.codes(leaf);
        Bytes meta = new Bytes(directory, "vemb", "MatryoshkaCodesMeta");
        Bytes data = new Bytes(directory, "veb", "MatryoshkaCodesData");
        int field = leaf.getFieldInfos().fieldInfo(CodedIndex.FIELD).number;
        assertEquals(merged, codes.calibration() != null);
        check(meta, data.buffer, codes, field, similarity);
      }
    }
  }

  private static void check(
      Bytes meta, ByteBuffer data, SegmentCodes codes, int field, VectorSimilarityFunction function)
      throws IOException {
    assertEquals(field, meta.buffer.getInt());
    assertEquals("float", 0, meta.buffer.get());
    int similarity =
        switch (function) {
          case EUCLIDEAN -> 0;
          case DOT_PRODUCT -> 1;
          case COSINE -> 2;
          case MAXIMUM_INNER_PRODUCT -> 3;
        };
    assertEquals(similarity, meta.buffer.get());
    assertEquals(DIMS, meta.vlong());
    assertEquals(COUNT, meta.buffer.getInt());
    assertEquals("coded", 1, meta.buffer.get());
    assertEquals(codes.kind() == RotationKind.NONE ? 0 : 1, meta.buffer.get());
    assertEquals(2, meta.vlong());
    assertEquals(64, meta.vlong());
    assertEquals(192, meta.vlong());
    assertEquals(codes.rotationId(), new RotationId(meta.buffer.getLong(), meta.buffer.getLong()));
    assertEquals(COUNT, meta.vlong());
    assertEquals(codes.stats().alignment(), meta.buffer.getFloat(), 0);
    assertEquals(codes.stats().energies().get(0), meta.buffer.getFloat(), 0);
    assertEquals(codes.stats().energies().get(1), meta.buffer.getFloat(), 0);
    int rotationOffset = (int) meta.vlong();
    int[] levelOffsets = {(int) meta.vlong(), (int) meta.vlong()};
    int correctionsOffset = (int) meta.vlong();
    assertEquals("rounded", 1, meta.buffer.get());
    float[] bases = new float[3];
    float[] steps = new float[3];
    for (int c = 0; c < 3; c++) {
      bases[c] = meta.buffer.getFloat();
      steps[c] = meta.buffer.getFloat();
    }
    int roundedOffset = (int) meta.vlong();
    checkCalibration(meta, codes.calibration());
    assertEquals("no bounds", 0, meta.buffer.get());
    assertEquals("the end of the fields", -1, meta.buffer.getInt());
    assertEquals(CodecUtil.footerLength(), meta.buffer.remaining());

    long[][] expected = CodeChecks.readBlocks(codes);
    checkLevel(data, levelOffsets[0], 1, expected, 0);
    checkLevel(data, levelOffsets[1], 2, expected, 1);
    checkCorrections(data, correctionsOffset, codes);
    boolean euclidean = function == VectorSimilarityFunction.EUCLIDEAN;
    checkRounded(data, roundedOffset, correctionsOffset, bases, steps, euclidean);
    checkRotation(data, rotationOffset, codes.loadRotation());
  }

  private static void checkCalibration(Bytes meta, Calibration calibration) {
    assertEquals("calibrated", calibration == null ? 0 : 1, meta.buffer.get());
    if (calibration != null) {
      assertEquals(32, calibration.queries());
      assertEquals(32, meta.vlong());
      for (boolean byDistance : new boolean[] {true, false}) {
        for (int hits : new int[] {10, 100}) {
          for (int keep = hits; keep <= 2048 * hits; keep *= 2) {
            double expected =
                byDistance
                    ? calibration.byDistance(hits, keep)
                    : calibration.byEstimate(hits, keep);
            assertEquals(expected, meta.buffer.getFloat(), 1e-6);
          }
        }
      }
    }
  }

  public void testBytesOfBounds() throws IOException {
    VectorSimilarityFunction similarity =
        RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    CodecOptions options =
        new CodecOptions(VectorElement.FLOAT, RotationKind.NONE, List.of(), List.of(64, 192));
    float[][] vectors = new float[COUNT][];
    try (Directory directory = newDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, CodedIndex.plainFiles(options))) {
        for (int i = 0; i < COUNT; i++) {
          vectors[i] = CodedIndex.vector(random(), DIMS);
          writer.addDocument(CodedIndex.document(i, vectors[i], similarity));
          if (i == COUNT / 2) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        SegmentBounds bounds =
            CodedIndex.reader(getOnlyLeafReader(reader), CodedIndex.FIELD).bounds(CodedIndex.FIELD);
        Bytes meta = new Bytes(directory, "vemb", "MatryoshkaCodesMeta");
        Bytes data = new Bytes(directory, "veb", "MatryoshkaCodesData");
        meta.buffer.position(meta.buffer.position() + 2 * Integer.BYTES + 2 + 2);
        boolean unitLength = similarity == VectorSimilarityFunction.COSINE;
        checkBounds(meta, data.buffer, bounds, vectors, unitLength);
      }
    }
  }

  private static void checkBounds(
      Bytes meta, ByteBuffer data, SegmentBounds bounds, float[][] vectors, boolean unitLength)
      throws IOException {
    assertEquals("not coded", 0, meta.buffer.get());
    assertEquals("bounded", 1, meta.buffer.get());
    assertEquals(2, meta.vlong());
    assertEquals(64, meta.vlong());
    assertEquals(192, meta.vlong());
    assertEquals(
        bounds.meta().basisId(), new RotationId(meta.buffer.getLong(), meta.buffer.getLong()));
    assertEquals(COUNT, meta.vlong());
    float deviation = meta.buffer.getFloat();
    assertTrue("" + deviation, deviation > 0 && deviation < 1e-4f);
    for (int level = 0; level < 2; level++) {
      float spread = meta.buffer.getFloat();
      assertTrue("" + spread, spread > 0 && spread <= 1);
    }
    int basis = (int) meta.vlong();
    int[] areas = {(int) meta.vlong(), (int) meta.vlong()};
    int corrections = (int) meta.vlong();
    assertEquals("the end of the fields", -1, meta.buffer.getInt());
    assertEquals(CodecUtil.footerLength(), meta.buffer.remaining());
    int end = basis + 4 * 192 * (2 + DIMS);
    assertEquals("nothing follows but the footer", data.limit() - CodecUtil.footerLength(), end);
    for (int part : new int[] {basis, areas[0], areas[1], corrections}) {
      assertEquals(0, part % 64);
    }
    for (int i = 0; i < COUNT; i++) {
      float[] vector = unitLength ? UnitLength.copyOf(vectors[i], DIMS) : vectors[i];
      double square = 0;
      for (float component : vector) {
        square += (double) component * component;
      }
      assertEquals(Math.sqrt(square), data.getFloat(corrections + 20 * i), 1e-5 * square);
      double[] errors = new double[2];
      double inside = 0;
      for (int r = 0; r < 192; r++) {
        double projection = 0;
        for (int d = 0; d < DIMS; d++) {
          projection += (double) vector[d] * data.getFloat(basis + 4 * (2 * 192 + r * DIMS + d));
        }
        int code = data.get(r < 64 ? areas[0] + 64 * i + r : areas[1] + 128 * i + r - 64);
        double offset = data.getFloat(basis + 4 * r);
        double step = data.getFloat(basis + 4 * (192 + r));
        double error = projection - (offset + step * code);
        // Everything is in the sample here, so nothing is out of range.
        assertTrue(error + " is more than half of " + step, Math.abs(error) <= 0.51 * step + 1e-5);
        errors[r < 64 ? 0 : 1] += error * error;
        inside += projection * projection;
        if (r == 63 || r == 191) {
          int level = r == 63 ? 0 : 1;
          double error1 = Math.sqrt(errors[level]);
          double outside = Math.sqrt(Math.max(0, square - inside));
          float storedError = data.getFloat(corrections + 20 * i + 4 * (1 + 2 * level));
          float storedOutside = data.getFloat(corrections + 20 * i + 4 * (2 + 2 * level));
          assertTrue(storedError + " < " + error1, storedError >= error1);
          assertEquals(error1, storedError, 1e-3 * Math.sqrt(square));
          assertTrue(storedOutside + " < " + outside, storedOutside >= outside);
          assertEquals(outside, storedOutside, 1e-2 * Math.sqrt(square));
        }
      }
    }
  }

  private static void checkLevel(
      ByteBuffer data, int offset, int words, long[][] expected, int firstWord) {
    assertEquals(0, offset % 64);
    for (int i = 0; i < COUNT; i++) {
      for (int w = 0; w < words; w++) {
        int at = offset + 64 * (i / 8 * words + w) + 8 * (i % 8);
        assertEquals(expected[i][firstWord + w], data.getLong(at));
      }
    }
    for (int i = COUNT; i % 8 != 0; i++) {
      for (int w = 0; w < words; w++) {
        assertEquals(0, data.getLong(offset + 64 * (i / 8 * words + w) + 8 * (i % 8)));
      }
    }
  }

  private static void checkCorrections(ByteBuffer data, int offset, SegmentCodes codes)
      throws IOException {
    assertEquals(0, offset % 64);
    float[] corrections = new float[4];
    for (int i = 0; i < COUNT; i++) {
      codes.cursor().readStored(i, corrections, 0, 1);
      for (int c = 0; c < 4; c++) {
        assertEquals(corrections[c], data.getFloat(offset + 32 * (i / 8 * 4 + c) + 4 * (i % 8)), 0);
      }
    }
  }

  /** Each byte stands for the float it was made from, but for half of a step. */
  private static void checkRounded(
      ByteBuffer data,
      int offset,
      int floatsOffset,
      float[] bases,
      float[] steps,
      boolean euclidean) {
    assertEquals(0, offset % 64);
    for (int c = 0; c < 3; c++) {
      int floats = c < 2 ? c : euclidean ? 3 : 2;
      int least = 0;
      int most = 0;
      for (int i = 0; i < COUNT; i++) {
        byte b = data.get(offset + 8 * (i / 8 * 3 + c) + i % 8);
        float expected = data.getFloat(floatsOffset + 32 * (i / 8 * 4 + floats) + 4 * (i % 8));
        assertEquals(expected, steps[c] * b + bases[c], 0.51 * steps[c] + 1e-6);
        least = Math.min(least, b);
        most = Math.max(most, b);
      }
      assertEquals("the least", -127, least);
      assertEquals("the most", 127, most);
      for (int i = COUNT; i % 8 != 0; i++) {
        assertEquals(0, data.get(offset + 8 * (i / 8 * 3 + c) + i % 8));
      }
    }
  }

  private static void checkRotation(ByteBuffer data, int offset, Rotation rotation) {
    assertEquals(0, offset % 64);
    for (int d = 0; d < DIMS; d++) {
      assertEquals(rotation.mean()[d], data.getFloat(offset + 4 * d), 0);
    }
    int end = offset + 4 * DIMS;
    if (rotation.matrix() != null) {
      for (int i = 0; i < 192 * DIMS; i++) {
        assertEquals(rotation.matrix()[i], data.getFloat(end + 4 * i), 0);
      }
      end += 4 * 192 * DIMS;
    }
    assertEquals("nothing follows but the footer", data.limit() - CodecUtil.footerLength(), end);
  }
}
