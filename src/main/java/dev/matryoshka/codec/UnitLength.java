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

import java.util.Arrays;

/** Scales vectors to unit length, whatever their magnitude. */
public final class UnitLength {

  private UnitLength() {}

  /** Scales {@code vector[offset..offset + length)} in place; zero vectors stay as they are. */
  public static void scale(float[] vector, int offset, int length) {
    double squares = squares(vector, offset, length);
    if (squares == 0) {
      return;
    }
    double factor = 1 / Math.sqrt(squares);
    for (int i = 0; i < length; i++) {
      vector[offset + i] = (float) (vector[offset + i] * factor);
    }
  }

  /** In four sums, which do not wait for each other. */
  private static double squares(float[] vector, int offset, int length) {
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int i = 0;
    for (; i + 3 < length; i += 4) {
      double a = vector[offset + i];
      double b = vector[offset + i + 1];
      double c = vector[offset + i + 2];
      double d = vector[offset + i + 3];
      sum0 += a * a;
      sum1 += b * b;
      sum2 += c * c;
      sum3 += d * d;
    }
    for (; i < length; i++) {
      sum0 += (double) vector[offset + i] * vector[offset + i];
    }
    return sum0 + sum1 + (sum2 + sum3);
  }

  /** A unit-length copy of the leading {@code length} components. */
  public static float[] copyOf(float[] vector, int length) {
    float[] copy = Arrays.copyOf(vector, length);
    scale(copy, 0, length);
    return copy;
  }
}
