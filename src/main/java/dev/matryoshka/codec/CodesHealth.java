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
import java.io.IOException;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.VectorSimilarityFunction;

/**
 * How well a segment's codes suit the vectors that it holds now, measured on a bounded part of
 * them: some milliseconds of work whatever the size.
 *
 * @param alignment as {@link dev.matryoshka.rotation.TrainingStats#alignment}, measured on the
 *     segment; less than in training means that the data has drifted
 * @param bitBalance 1 when every bit is set in half of the vectors, 0 when none ever changes
 */
public record CodesHealth(float alignment, float bitBalance) {

  private static final int ALIGNED = 250;
  private static final int BALANCED_BLOCKS = 32;

  /**
   * Measures.
   *
   * @param values the vectors of the same field and segment
   */
  public static CodesHealth of(SegmentCodes codes, FloatVectorValues values) throws IOException {
    int step = Math.max(1, codes.size() / ALIGNED);
    int rows = Math.min(ALIGNED, (codes.size() + step - 1) / step);
    VectorSample sample =
        new VectorSample(
            codes.dims(), rows, codes.similarity() == VectorSimilarityFunction.COSINE, rows);
    for (int row = 0; row < rows; row++) {
      if (sample.wantsNext()) {
        sample.add(values.vectorValue(row * step));
      }
    }
    return new CodesHealth(sample.alignment(codes.loadRotation()), balance(codes));
  }

  private static float balance(SegmentCodes codes) throws IOException {
    CodeCursor cursor = codes.cursor();
    int words = codes.bits() / Long.SIZE;
    int[] ones = new int[codes.bits()];
    long[] block = new long[MatryoshkaVectorsFormat.BLOCK * words];
    int step = Math.max(1, cursor.blocks() / BALANCED_BLOCKS);
    int seen = 0;
    for (int b = 0; b < cursor.blocks(); b += step) {
      int count = cursor.count(b);
      int word = 0;
      for (int level = 0; level < codes.levels().length; level++) {
        cursor.readBlock(level, b, block);
        for (int w = 0; w < cursor.words(level); w++, word++) {
          for (int i = 0; i < count; i++) {
            count(block[HammingKernels.index(i, w, cursor.words(level))], ones, word * Long.SIZE);
          }
        }
      }
      seen += count;
    }
    double balance = 0;
    for (int set : ones) {
      balance += 1 - Math.abs(2.0 * set / seen - 1);
    }
    return (float) (balance / ones.length);
  }

  private static void count(long word, int[] ones, int firstBit) {
    for (long rest = word; rest != 0; rest &= rest - 1) {
      ones[firstBit + Long.numberOfTrailingZeros(rest)]++;
    }
  }
}
