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
import java.io.IOException;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;

/**
 * Rounds the corrections of a segment to bytes, once all are known: evenly from the least to the
 * most of each column, if that is nothing beside the errors that estimates have anyway. It is not
 * where a few vectors are many times as long as others. Not thread-safe.
 */
final class CorrectionRounding {

  private static final int GROUP = HammingKernels.GROUP;

  /**
   * Deviations that rounding may cause, over those that the signs of a code cause: .15 makes the
   * sum of both deviate 1.1 % more.
   */
  private static final double MOST = 0.15;

  /** Standard deviation of rounding to multiples of 1. */
  private static final double ROUNDING = Math.sqrt(1.0 / 12);

  /** Standard deviation of signs, for scales and projections of 1. */
  private static final double SIGNS = Math.sqrt(1 - 2 / Math.PI);

  /** Cosine of a query and a code, where it matters. */
  private static final double COSINE = 0.7;

  private final int[] levels;
  private final int stored;
  private final int completing;
  private final float[] least;
  private final float[] most;
  private final double[] sums;
  private long count;

  /**
   * @param completing which of the stored corrections completes an estimate
   */
  CorrectionRounding(int[] levels, int completing) {
    this.levels = levels;
    this.stored = levels.length + 2;
    this.completing = completing;
    this.least = new float[levels.length + 1];
    this.most = new float[levels.length + 1];
    this.sums = new double[levels.length + 1];
  }

  private int column(int rounded) {
    return rounded < levels.length ? rounded : completing;
  }

  /** Takes the corrections of some vectors, in groups. */
  void add(float[] corrections, int vectors) {
    for (int c = 0; c < sums.length; c++) {
      if (count == 0 && vectors > 0) {
        least[c] = most[c] = corrections[HammingKernels.index(0, column(c), stored)];
      }
      for (int i = 0; i < vectors; i++) {
        float correction = corrections[HammingKernels.index(i, column(c), stored)];
        // One that is no number leaves none.
        least[c] = Math.min(least[c], correction);
        most[c] = Math.max(most[c], correction);
        sums[c] += correction;
      }
    }
    count += vectors;
  }

  /**
   * What bytes will stand for, or null where they would be too coarse.
   *
   * @param reach how far queries are from the mean of the vectors, at the least that is likely;
   *     twice as far where distances are estimated, which have twice the error
   */
  ByteScale[] scales(double reach) {
    ByteScale[] scales = new ByteScale[sums.length];
    double squares = 0;
    for (int c = 0; c < scales.length; c++) {
      scales[c] = ByteScale.covering(least[c], most[c]);
      double deviation = ROUNDING * scales[c].step();
      double typical = sums[c] / count;
      double allowed;
      if (c < levels.length) {
        squares += typical * typical;
        int bits = levels[c] - (c == 0 ? 0 : levels[c - 1]);
        allowed = MOST * SIGNS * typical / (COSINE * Math.sqrt(bits));
      } else {
        allowed = MOST * SIGNS * Math.sqrt(squares / levels.length) * reach;
      }
      // Not a number is not enough either.
      if ((deviation <= allowed) == false || Float.isFinite(scales[c].base()) == false) {
        return null;
      }
    }
    return scales;
  }

  /** The mean of the correction that completes estimates. */
  double meanCompleting() {
    return sums[levels.length] / count;
  }

  /**
   * Writes them in groups, as {@link MatryoshkaVectorsFormat} says.
   *
   * @param floats the stored ones, in groups
   */
  void write(IndexInput floats, ByteScale[] scales, IndexOutput out) throws IOException {
    float[] group = new float[GROUP * stored];
    byte[] bytes = new byte[GROUP * scales.length];
    for (long first = 0; first < count; first += GROUP) {
      floats.readFloats(group, 0, group.length);
      for (int c = 0; c < scales.length; c++) {
        for (int i = 0; i < GROUP; i++) {
          boolean filling = first + i >= count;
          bytes[c * GROUP + i] = filling ? 0 : scales[c].round(group[column(c) * GROUP + i]);
        }
      }
      out.writeBytes(bytes, bytes.length);
    }
  }
}
