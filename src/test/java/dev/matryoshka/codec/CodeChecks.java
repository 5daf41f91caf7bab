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

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;

import dev.matryoshka.binary.HammingKernels;
import dev.matryoshka.binary.SignPacker;
import dev.matryoshka.rotation.Projector;
import dev.matryoshka.rotation.Rotation;
import java.io.IOException;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;

/** Compares what a segment says of its vectors with what follows from the vectors themselves. */
final class CodeChecks {

  private CodeChecks() {}

  /** Checks every code and correction of a field, on every way to read them. */
  static void check(LeafReader leaf, String field) throws IOException {
    SegmentCodes codes = CodedIndex.reader(leaf, field).codes(field);
    assertNotNull("the segment has no codes", codes);
    Rotation rotation = codes.loadRotation();
    assertEquals(codes.rotationId(), RotationSection.id(rotation));
    assertArrayEquals(codes.levels(), rotation.levels());
    FloatVectorValues values = leaf.getFloatVectorValues(field);
    assertEquals(values.size(), codes.size());
    boolean unitLength =
        leaf.getFieldInfos().fieldInfo(field).getVectorSimilarityFunction()
            == VectorSimilarityFunction.COSINE;
    long[][] onDisk = readBlocks(codes);
    Projector projector = rotation.projector();
    float[] projected = new float[projector.stride()];
    CodeCursor cursor = codes.cursor();
    for (int ord = 0; ord < codes.size(); ord++) {
      float[] vector = values.vectorValue(ord).clone();
      if (unitLength) {
        UnitLength.scale(vector, 0, vector.length);
      }
      double[] exact = project(rotation, vector);
      checkSigns(exact, onDisk[ord]);
      checkCorrections(cursor, ord, rotation, vector, exact);
      // To the last bit: codes must not depend on when, or next to which others, they were made.
      projector.project(vector, 1, projected);
      long[] recomputed = new long[codes.bits() / Long.SIZE];
      SignPacker.pack(projected, 0, recomputed.length, recomputed, 0, 1);
      assertArrayEquals("code of ordinal " + ord, recomputed, onDisk[ord]);
      checkSingleReads(cursor, codes, ord, onDisk[ord]);
    }
  }

  /** All codes, read in blocks of every level. */
  static long[][] readBlocks(SegmentCodes codes) throws IOException {
    long[][] all = new long[codes.size()][codes.bits() / Long.SIZE];
    CodeCursor cursor = codes.cursor();
    int word = 0;
    for (int level = 0; level < codes.levels().length; level++) {
      int words = cursor.words(level);
      long[] block = new long[MatryoshkaVectorsFormat.BLOCK * words];
      int base = 0;
      for (int b = 0; b < cursor.blocks(); b++) {
        int count = cursor.count(b);
        cursor.readBlock(level, b, block);
        for (int i = 0; i < count; i++) {
          for (int w = 0; w < words; w++) {
            all[base + i][word + w] = block[HammingKernels.index(i, w, words)];
          }
        }
        base += count;
      }
      assertEquals(codes.size(), base);
      word += words;
    }
    return all;
  }

  private static double[] project(Rotation rotation, float[] vector) {
    double[] projected = new double[rotation.bits()];
    for (int b = 0; b < projected.length; b++) {
      if (rotation.matrix() == null) {
        projected[b] = (double) vector[b] - rotation.mean()[b];
        continue;
      }
      for (int d = 0; d < vector.length; d++) {
        double centred = (double) vector[d] - rotation.mean()[d];
        projected[b] += rotation.matrix()[b * vector.length + d] * centred;
      }
    }
    return projected;
  }

  private static void checkSigns(double[] exact, long[] code) {
    for (int b = 0; b < exact.length; b++) {
      boolean set = (code[b / Long.SIZE] >>> b % Long.SIZE & 1) == 1;
      // Nearer to zero than float arithmetic can tell, either sign will do.
      if (Math.abs(exact[b]) > 1e-4) {
        assertEquals("bit " + b, exact[b] > 0, set);
      }
    }
  }

  private static void checkCorrections(
      CodeCursor cursor, int ord, Rotation rotation, float[] vector, double[] exact)
      throws IOException {
    int[] levels = rotation.levels();
    assertEquals(levels.length + 1, cursor.correctionsPerVector());
    float[] corrections = new float[levels.length + 3];
    cursor.readStored(ord, corrections, 1, 1);
    for (int level = 0; level < levels.length; level++) {
      double squares = 0;
      double absolutes = 0;
      for (int b = level == 0 ? 0 : levels[level - 1]; b < levels[level]; b++) {
        squares += exact[b] * exact[b];
        absolutes += Math.abs(exact[b]);
      }
      double scale = absolutes > 0 ? squares / absolutes : 0;
      assertEquals("scale of level " + level, scale, corrections[1 + level], 1e-4 * scale + 1e-6);
    }
    double dotMean = 0;
    double square = 0;
    for (int d = 0; d < vector.length; d++) {
      double centred = (double) vector[d] - rotation.mean()[d];
      dotMean += centred * rotation.mean()[d];
      square += centred * centred;
    }
    double tolerance = 1e-4 * (1 + square + Math.abs(dotMean));
    assertEquals("inner product with the mean", dotMean, corrections[1 + levels.length], tolerance);
    assertEquals("squared length", square, corrections[2 + levels.length], tolerance);
  }

  private static void checkSingleReads(CodeCursor cursor, SegmentCodes codes, int ord, long[] code)
      throws IOException {
    int words = code.length;
    long[] strided = new long[1 + 3 * words];
    cursor.readCode(ord, strided, 1, 3);
    for (int w = 0; w < words; w++) {
      assertEquals(code[w], strided[1 + 3 * w]);
    }
    for (int level = 0; level < codes.levels().length; level++) {
      long[] scattered = new long[words + 2];
      cursor.readScattered(ord, level, scattered, 1);
      for (int w = 0; w < codes.levels()[level] / Long.SIZE; w++) {
        assertEquals(code[w], scattered[1 + w]);
      }
      assertEquals("a word of the next level", 0, scattered[1 + codes.levels()[level] / Long.SIZE]);
    }
  }
}
