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

/**
 * The few float loops in which training and encoding spend their time, in one implementation chosen
 * once: the JDK vector API where the module is present, plain loops otherwise. Results agree up to
 * the order of summation. Stateless and thread-safe.
 */
abstract class FloatKernels {

  /** The implementation for this JVM. */
  static final FloatKernels INSTANCE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
          ? new VectorFloatKernels()
          : new ScalarFloatKernels();

  /** Columns of the right-hand matrix that {@link #multiplyPanel} works on together. */
  abstract int panelWidth();

  /** Inner product of {@code length} floats from each offset. */
  abstract float dot(float[] a, int aOffset, float[] b, int bOffset, int length);

  /** {@code Σ |a|} over {@code length} floats from the offset. */
  abstract float sumOfAbsolutes(float[] a, int offset, int length);

  /** {@code y += factor * x} over {@code length} floats from each offset. */
  abstract void addScaled(float factor, float[] x, int xOffset, float[] y, int yOffset, int length);

  /**
   * {@code C += A * B} for one panel of B, {@link #panelWidth} columns wide.
   *
   * @param a left-hand matrix; element (i, j) is at {@code aOffset + i * aRow + j}
   * @param rows rows of A and C
   * @param panel the panel, row after row without gaps, starting at {@code panelOffset}
   * @param depth columns of A and rows of the panel
   * @param c result; element (i, j) is at {@code cOffset + i * cRow + j}
   */
  abstract void multiplyPanel(
      float[] a,
      int aOffset,
      int aRow,
      int rows,
      float[] panel,
      int panelOffset,
      int depth,
      float[] c,
      int cOffset,
      int cRow);
}
