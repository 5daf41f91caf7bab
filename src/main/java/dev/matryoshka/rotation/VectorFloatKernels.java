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
  private static final int ROWS = 4;

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
      int aColumn,
      int rows,
      float[] panel,
      int panelOffset,
      int depth,
      float[] c,
      int cOffset,
      int cRow) {
    int i = 0;
    for (; i + ROWS <= rows; i += ROWS) {
      fourRows(
          a,
          aOffset + i * aRow,
          aRow,
          aColumn,
          panel,
          panelOffset,
          depth,
          c,
          cOffset + i * cRow,
          cRow);
    }
    for (; i < rows; i++) {
      oneRow(a, aOffset + i * aRow, aColumn, panel, panelOffset, depth, c, cOffset + i * cRow);
    }
  }

  /** Eight accumulators stay in registers: per step two loads, four broadcasts, eight FMAs. */
  private static void fourRows(
      float[] a,
      int aOffset,
      int aRow,
      int aColumn,
      float[] panel,
      int panelOffset,
      int depth,
      float[] c,
      int cOffset,
      int cRow) {
    int c1 = cOffset + cRow;
    int c2 = c1 + cRow;
    int c3 = c2 + cRow;
    FloatVector sum00 = FloatVector.fromArray(SPECIES, c, cOffset);
    FloatVector sum01 = FloatVector.fromArray(SPECIES, c, cOffset + LANES);
    FloatVector sum10 = FloatVector.fromArray(SPECIES, c, c1);
    FloatVector sum11 = FloatVector.fromArray(SPECIES, c, c1 + LANES);
    FloatVector sum20 = FloatVector.fromArray(SPECIES, c, c2);
    FloatVector sum21 = FloatVector.fromArray(SPECIES, c, c2 + LANES);
    FloatVector sum30 = FloatVector.fromArray(SPECIES, c, c3);
    FloatVector sum31 = FloatVector.fromArray(SPECIES, c, c3 + LANES);
    int from = aOffset;
    int row = panelOffset;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, panel, row);
      FloatVector b1 = FloatVector.fromArray(SPECIES, panel, row + LANES);
      FloatVector x0 = FloatVector.broadcast(SPECIES, a[from]);
      sum00 = x0.fma(b0, sum00);
      sum01 = x0.fma(b1, sum01);
      FloatVector x1 = FloatVector.broadcast(SPECIES, a[from + aRow]);
      sum10 = x1.fma(b0, sum10);
      sum11 = x1.fma(b1, sum11);
      FloatVector x2 = FloatVector.broadcast(SPECIES, a[from + 2 * aRow]);
      sum20 = x2.fma(b0, sum20);
      sum21 = x2.fma(b1, sum21);
      FloatVector x3 = FloatVector.broadcast(SPECIES, a[from + 3 * aRow]);
      sum30 = x3.fma(b0, sum30);
      sum31 = x3.fma(b1, sum31);
      from += aColumn;
      row += 2 * LANES;
    }
    sum00.intoArray(c, cOffset);
    sum01.intoArray(c, cOffset + LANES);
    sum10.intoArray(c, c1);
    sum11.intoArray(c, c1 + LANES);
    sum20.intoArray(c, c2);
    sum21.intoArray(c, c2 + LANES);
    sum30.intoArray(c, c3);
    sum31.intoArray(c, c3 + LANES);
  }

  private static void oneRow(
      float[] a,
      int aOffset,
      int aColumn,
      float[] panel,
      int panelOffset,
      int depth,
      float[] c,
      int cOffset) {
    FloatVector sum0 = FloatVector.fromArray(SPECIES, c, cOffset);
    FloatVector sum1 = FloatVector.fromArray(SPECIES, c, cOffset + LANES);
    for (int k = 0; k < depth; k++) {
      FloatVector x = FloatVector.broadcast(SPECIES, a[aOffset + k * aColumn]);
      int row = panelOffset + k * 2 * LANES;
      sum0 = x.fma(FloatVector.fromArray(SPECIES, panel, row), sum0);
      sum1 = x.fma(FloatVector.fromArray(SPECIES, panel, row + LANES), sum1);
    }
    sum0.intoArray(c, cOffset);
    sum1.intoArray(c, cOffset + LANES);
  }
}
