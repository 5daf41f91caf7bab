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
package dev.matryoshka.rotation;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernels in the JDK vector API, always in the preferred species: a fixed wider one is many
 * times slower than scalar code where the hardware lacks it.
 */
final class VectorFloatKernels extends FloatKernels {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int ROWS = 6;

  @Override
  int panelWidth() {
    return 2 * LANES;
  }

  @Override
  float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = FloatVector.zero(SPECIES);
    int i = 0;
    for (int bound = length - 2 * LANES; i <= bound; i += 2 * LANES) {
      sum0 =
          FloatVector.fromArray(SPECIES, a, aOffset + i)
              .fma(FloatVector.fromArray(SPECIES, b, bOffset + i), sum0);
      sum1 =
          FloatVector.fromArray(SPECIES, a, aOffset + i + LANES)
              .fma(FloatVector.fromArray(SPECIES, b, bOffset + i + LANES), sum1);
    }
    float sum = sumLanes(sum0.add(sum1));
    for (; i < length; i++) {
      sum += a[aOffset + i] * b[bOffset + i];
    }
    return sum;
  }

  @Override
  float sumOfAbsolutes(float[] a, int offset, int length) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = FloatVector.zero(SPECIES);
    int i = 0;
    for (int bound = length - 2 * LANES; i <= bound; i += 2 * LANES) {
      sum0 = sum0.add(FloatVector.fromArray(SPECIES, a, offset + i).abs());
      sum1 = sum1.add(FloatVector.fromArray(SPECIES, a, offset + i + LANES).abs());
    }
    float sum = sumLanes(sum0.add(sum1));
    for (; i < length; i++) {
      sum += Math.abs(a[offset + i]);
    }
    return sum;
  }

  /** Lane by lane: the order of {@code reduceLanes} may change between interpreter and compiler. */
  private static float sumLanes(FloatVector vector) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) {
      sum += vector.lane(i);
    }
    return sum;
  }

  @Override
  void addScaled(float factor, float[] x, int xOffset, float[] y, int yOffset, int length) {
    FloatVector scale = FloatVector.broadcast(SPECIES, factor);
    int i = 0;
    for (int bound = length - LANES; i <= bound; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xOffset + i)
          .fma(scale, FloatVector.fromArray(SPECIES, y, yOffset + i))
          .intoArray(y, yOffset + i);
    }
    for (; i < length; i++) {
      y[yOffset + i] += factor * x[xOffset + i];
    }
  }

  @Override
  void multiplyPanel(
      float[] a,
      int aOffset,
      int aRow,
      int rows,
      float[] panel,
      int panelOffset,
      int depth,
      float[] c,
      int cOffset,
      int cRow) {
    int i = 0;
    for (; i + ROWS <= rows; i += ROWS) {
      sixRows(a, aOffset + i * aRow, aRow, panel, panelOffset, depth, c, cOffset + i * cRow, cRow);
    }
    for (; i < rows; i++) {
      oneRow(a, aOffset + i * aRow, panel, panelOffset, depth, c, cOffset + i * cRow);
    }
  }

  /**
   * Twelve accumulators, two columns of the panel and one broadcast stay in sixteen registers, and
   * hide the latency of FMAs. All indices are the loop's counter plus what does not change, which
   * lets the compiler check bounds once, before the loop.
   */
  private static void sixRows(
      float[] a,
      int aOffset,
      int aRow,
      float[] panel,
      int panelOffset,
      int depth,
      float[] c,
      int cOffset,
      int cRow) {
    int a1 = aOffset + aRow;
    int a2 = aOffset + 2 * aRow;
    int a3 = aOffset + 3 * aRow;
    int a4 = aOffset + 4 * aRow;
    int a5 = aOffset + 5 * aRow;
    int c1 = cOffset + cRow;
    int c2 = cOffset + 2 * cRow;
    int c3 = cOffset + 3 * cRow;
    int c4 = cOffset + 4 * cRow;
    int c5 = cOffset + 5 * cRow;
    FloatVector sum00 = FloatVector.fromArray(SPECIES, c, cOffset);
    FloatVector sum01 = FloatVector.fromArray(SPECIES, c, cOffset + LANES);
    FloatVector sum10 = FloatVector.fromArray(SPECIES, c, c1);
    FloatVector sum11 = FloatVector.fromArray(SPECIES, c, c1 + LANES);
    FloatVector sum20 = FloatVector.fromArray(SPECIES, c, c2);
    FloatVector sum21 = FloatVector.fromArray(SPECIES, c, c2 + LANES);
    FloatVector sum30 = FloatVector.fromArray(SPECIES, c, c3);
    FloatVector sum31 = FloatVector.fromArray(SPECIES, c, c3 + LANES);
    FloatVector sum40 = FloatVector.fromArray(SPECIES, c, c4);
    FloatVector sum41 = FloatVector.fromArray(SPECIES, c, c4 + LANES);
    FloatVector sum50 = FloatVector.fromArray(SPECIES, c, c5);
    FloatVector sum51 = FloatVector.fromArray(SPECIES, c, c5 + LANES);
    for (int k = 0; k < depth; k++) {
      int row = panelOffset + k * 2 * LANES;
      FloatVector b0 = FloatVector.fromArray(SPECIES, panel, row);
      FloatVector b1 = FloatVector.fromArray(SPECIES, panel, row + LANES);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[aOffset + k]);
      sum00 = x0.fma(b0, sum00);
      sum01 = x0.fma(b1, sum01);
      FloatVector x1 = FloatVector.broadcast(SPECIES, a[a1 + k]);
      sum10 = x1.fma(b0, sum10);
      sum11 = x1.fma(b1, sum11);
      FloatVector x2 = FloatVector.broadcast(SPECIES, a[a2 + k]);
      sum20 = x2.fma(b0, sum20);
      sum21 = x2.fma(b1, sum21);
      FloatVector x3 = FloatVector.broadcast(SPECIES, a[a3 + k]);
      sum30 = x3.fma(b0, sum30);
      sum31 = x3.fma(b1, sum31);
      FloatVector x4 = FloatVector.broadcast(SPECIES, a[a4 + k]);
      sum40 = x4.fma(b0, sum40);
      sum41 = x4.fma(b1, sum41);
      FloatVector x5 = FloatVector.broadcast(SPECIES, a[a5 + k]);
      sum50 = x5.fma(b0, sum50);
      sum51 = x5.fma(b1, sum51);
    }
    sum00.intoArray(c, cOffset);
    sum01.intoArray(c, cOffset + LANES);
    sum10.intoArray(c, c1);
    sum11.intoArray(c, c1 + LANES);
    sum20.intoArray(c, c2);
    sum21.intoArray(c, c2 + LANES);
    sum30.intoArray(c, c3);
    sum31.intoArray(c, c3 + LANES);
    sum40.intoArray(c, c4);
    sum41.intoArray(c, c4 + LANES);
    sum50.intoArray(c, c5);
    sum51.intoArray(c, c5 + LANES);
  }

  private static void oneRow(
      float[] a, int aOffset, float[] panel, int panelOffset, int depth, float[] c, int cOffset) {
    FloatVector sum0 = FloatVector.fromArray(SPECIES, c, cOffset);
    FloatVector sum1 = FloatVector.fromArray(SPECIES, c, cOffset + LANES);
    for (int k = 0; k < depth; k++) {
      FloatVector x = FloatVector.broadcast(SPECIES, a[aOffset + k]);
      int row = panelOffset + k * 2 * LANES;
      sum0 = x.fma(FloatVector.fromArray(SPECIES, panel, row), sum0);
      sum1 = x.fma(FloatVector.fromArray(SPECIES, panel, row + LANES), sum1);
    }
    sum0.intoArray(c, cOffset);
    sum1.intoArray(c, cOffset + LANES);
  }
}
