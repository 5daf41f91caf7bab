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

import com.carrotsearch.randomizedtesting.generators.RandomNumbers;
import dev.matryoshka.binary.ByteScale;
import dev.matryoshka.binary.HammingKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import org.apache.lucene.tests.util.LuceneTestCase;

/** What is gathered is what the layout says, for any number of columns. */
public class GroupGatherTests extends LuceneTestCase {

  private static final int SIZE = 100;
  private static final int GROUPED = HammingKernels.groups(SIZE) * HammingKernels.GROUP;

  private final int[] ords =
      IntStream.range(0, SIZE).filter(ord -> ord == SIZE - 1 || random().nextBoolean()).toArray();

  public void testCodes() {
    for (int words = 1; words <= 9; words++) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment area = arena.allocate((long) GROUPED * words * Long.BYTES);
        for (int ord = 0; ord < SIZE; ord++) {
          for (int w = 0; w < words; w++) {
            area.set(
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                CodeLayout.GROUPS.wordStart(SIZE, words, ord, w),
                ord * 100L + w);
          }
        }
        int offset = RandomNumbers.randomIntBetween(random(), 0, 3);
        int stride = words + RandomNumbers.randomIntBetween(random(), 0, 3);
        long[] codes = new long[offset + ords.length * stride];
        GroupGather.codes(area, words, ords, ords.length, codes, offset, stride);
        long[] groups = new long[GROUPED * words];
        GroupGather.codeGroups(area, words, ords, ords.length, groups);
        for (int i = 0; i < ords.length; i++) {
          for (int w = 0; w < words; w++) {
            assertEquals(ords[i] * 100L + w, codes[offset + i * stride + w]);
            assertEquals(ords[i] * 100L + w, groups[HammingKernels.index(i, w, words)]);
          }
        }
      }
    }
  }

  public void testCorrections() {
    for (int columns = 2; columns <= 7; columns++) {
      ByteScale[] scales = new ByteScale[columns];
      for (int c = 0; c < columns; c++) {
        scales[c] = new ByteScale(1000 * c, 2 + c);
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment area = arena.allocate((long) GROUPED * columns);
        for (int ord = 0; ord < SIZE; ord++) {
          for (int c = 0; c < columns; c++) {
            int at = (ord / 8 * columns + c) * 8 + ord % 8;
            area.set(ValueLayout.JAVA_BYTE, at, (byte) (ord - 50 + c));
          }
        }
        float[] rows = new float[ords.length * columns];
        GroupGather.corrections(area, scales, ords, ords.length, rows);
        float[] groups = new float[GROUPED * columns];
        GroupGather.correctionGroups(area, scales, ords, ords.length, groups);
        for (int i = 0; i < ords.length; i++) {
          for (int c = 0; c < columns; c++) {
            float expected = 1000f * c + (2f + c) * (ords[i] - 50 + c);
            assertEquals(expected, rows[i * columns + c], 0f);
            assertEquals(expected, groups[HammingKernels.index(i, c, columns)], 0f);
          }
        }
      }
    }
  }
}
