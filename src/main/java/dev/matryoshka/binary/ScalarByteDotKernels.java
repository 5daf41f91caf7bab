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
package dev.matryoshka.binary;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The kernel in a plain loop. */
final class ScalarByteDotKernels extends ByteDotKernels {

  @Override
  public void dots(byte[] rows, int count, int length, float[] weights, int offset, float[] sums) {
    for (int i = 0; i < count; i++) {
      float even = 0;
      float odd = 0;
      for (int j = 0; j < length; j += 2) {
        even += rows[i * length + j] * weights[offset + j];
        odd += rows[i * length + j + 1] * weights[offset + j + 1];
      }
      sums[i] = even + odd;
    }
  }

  @Override
  public void dots(
      MemorySegment rows,
      long[] starts,
      int count,
      int length,
      float[] weights,
      int offset,
      float[] sums) {
    byte[] copy = new byte[count * length];
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(rows, ValueLayout.JAVA_BYTE, starts[i], copy, i * length, length);
    }
    dots(copy, count, length, weights, offset, sums);
  }
}
