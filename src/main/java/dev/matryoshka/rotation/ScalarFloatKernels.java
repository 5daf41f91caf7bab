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

/** Plain loops, for JVMs without the vector module and as the reference in tests. */
final class ScalarFloatKernels extends FloatKernels {

  private static final int WIDTH = 8;

  @Override
  int panelWidth() {
    return WIDTH;
  }

  @Override
  float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    float sum0 = 0;
    float sum1 = 0;
    int i = 0;
    for (; i + 1 < length; i += 2) {
      sum0 += a[aOffset + i] * b[bOffset + i];
      sum1 += a[aOffset + i + 1] * b[bOffset + i + 1];
    }
    if (i < length) {
      sum0 += a[aOffset + i] * b[bOffset + i];
    }
    return sum0 + sum1;
  }

  @Override
  float sumOfAbsolutes(float[] a, int offset, int length) {
    float sum = 0;
    for (int i = 0; i < length; i++) {
      sum += Math.abs(a[offset + i]);
    }
    return sum;
  }

  @Override
  void addScaled(float factor, float[] x, int xOffset, float[] y, int yOffset, int length) {
    for (int i = 0; i < length; i++) {
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
    for (int i = 0; i < rows; i++) {
      int to = cOffset + i * cRow;
      int from = aOffset + i * aRow;
      for (int k = 0; k < depth; k++) {
        float factor = a[from + k];
        int row = panelOffset + k * WIDTH;
        for (int j = 0; j < WIDTH; j++) {
          c[to + j] += factor * panel[row + j];
        }
      }
    }
  }
}
