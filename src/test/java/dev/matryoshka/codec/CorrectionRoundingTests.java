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
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.binary.ByteScale;
import dev.matryoshka.binary.HammingKernels;
import java.io.IOException;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;

/** Bytes are within half a step of what they stand for, or there are none. */
public class CorrectionRoundingTests extends MatryoshkaTestCase {

  private static final int[] LEVELS = {64, 256};
  private static final int STORED = 4;

  private final int completing = 2 + random().nextInt(2);
  private final int count = RandomNumbers.randomIntBetween(random(), 1, 1100);

  /** In groups: scales around .05 and .03, then two that complete, around 0 and 1. */
  private float[] corrections() {
    float[] corrections = new float[HammingKernels.groups(count) * 8 * STORED];
    for (int i = 0; i < count; i++) {
      float[] its = {
        0.04f + 0.02f * random().nextFloat(),
        0.02f + 0.02f * random().nextFloat(),
        0.4f * random().nextFloat() - 0.2f,
        0.5f + random().nextFloat()
      };
      for (int c = 0; c < STORED; c++) {
        corrections[HammingKernels.index(i, c, STORED)] = its[c];
      }
    }
    return corrections;
  }

  private CorrectionRounding rounding(float[] corrections) {
    CorrectionRounding rounding = new CorrectionRounding(LEVELS, completing);
    int whole = count / 8 * 8;
    int first = whole == 0 ? 0 : random().nextInt(whole / 8 + 1) * 8;
    rounding.add(corrections, first);
    float[] rest = new float[corrections.length - first * STORED];
    System.arraycopy(corrections, first * STORED, rest, 0, rest.length);
    rounding.add(rest, count - first);
    return rounding;
  }

  public void testBytes() throws IOException {
    float[] corrections = corrections();
    CorrectionRounding rounding = rounding(corrections);
    ByteScale[] scales = rounding.scales(1);
    assertNotNull(scales);
    assertEquals(3, scales.length);
    try (Directory directory = newDirectory()) {
      try (IndexOutput out = directory.createOutput("floats", IOContext.DEFAULT)) {
        for (float correction : corrections) {
          out.writeInt(Float.floatToRawIntBits(correction));
        }
      }
      try (IndexInput floats = directory.openInput("floats", IOContext.DEFAULT);
          IndexOutput out = directory.createOutput("bytes", IOContext.DEFAULT)) {
        rounding.write(floats, scales, out);
      }
      try (IndexInput bytes = directory.openInput("bytes", IOContext.DEFAULT)) {
        assertEquals(HammingKernels.groups(count) * 8 * 3, bytes.length());
        for (int at = 0; at < bytes.length(); at++) {
          int column = at / 8 % 3;
          int i = at / 24 * 8 + at % 8;
          byte b = bytes.readByte();
          if (i >= count) {
            assertEquals(0, b);
          } else {
            int stored = column < 2 ? column : completing;
            float exact = corrections[HammingKernels.index(i, stored, STORED)];
            assertEquals(exact, scales[column].of(b), 0.501 * scales[column].step() + 1e-7);
          }
        }
      }
    }
  }

  public void testEqualValues() {
    float[] corrections = corrections();
    for (int i = 0; i < count; i++) {
      corrections[HammingKernels.index(i, 0, STORED)] = 0.1f;
    }
    ByteScale scale = rounding(corrections).scales(1)[0];
    assertEquals(0.1f, scale.of(scale.round(0.1f)), 0);
  }

  /** One vector many times as long as others leaves no bytes for these; among few it is typical. */
  public void testTooCoarse() {
    assumeTrue("too few", count > 50);
    for (int column : new int[] {0, 1, completing}) {
      float[] corrections = corrections();
      corrections[HammingKernels.index(random().nextInt(count), column, STORED)] = 1000;
      assertNull(rounding(corrections).scales(1));
    }
  }

  /** The nearer queries are to the mean, the less what completes may be off. */
  public void testReach() {
    assumeTrue("nothing to round", count > 10);
    float[] corrections = corrections();
    assertNotNull(rounding(corrections).scales(1));
    assertNull(rounding(corrections).scales(1e-4));
  }

  public void testWhatIsNoNumber() {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.MAX_VALUE}) {
      float[] corrections = corrections();
      corrections[HammingKernels.index(random().nextInt(count), completing, STORED)] = value;
      boolean fits = count == 1 && value == Float.MAX_VALUE;
      assertEquals(fits, rounding(corrections).scales(1) != null);
    }
  }

  public void testRoundingIsToTheNearest() {
    ByteScale scale = ByteScale.covering(-3, 5);
    assertEquals(-127, scale.round(-3));
    assertEquals(127, scale.round(5));
    assertEquals("beyond", 127, scale.round(100));
    for (int i = 0; i < 100; i++) {
      float value = 8 * random().nextFloat() - 3;
      byte b = scale.round(value);
      float off = Math.abs(scale.of(b) - value);
      assertTrue(off <= Math.abs(scale.of((byte) Math.min(127, b + 1)) - value) + 1e-6f);
      assertTrue(off <= Math.abs(scale.of((byte) Math.max(-127, b - 1)) - value) + 1e-6f);
    }
  }
}
