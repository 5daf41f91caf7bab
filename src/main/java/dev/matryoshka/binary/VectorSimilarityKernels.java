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
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernels in the JDK vector API, always in 256 bits: two registers of eight lanes are the 16
 * running sums. Wider registers would not help, since memory is the limit. Four vectors at a time,
 * with all their sums, just fit into 16 registers.
 */
final class VectorSimilarityKernels extends SimilarityKernels {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_256;
  private static final int LANES = 8;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

  /** Whether the processor has registers of this width. */
  static boolean supported() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize() >= SPECIES.vectorBitSize();
  }

  @Override
  public float dot(float[] a, float[] b) {
    FloatVector low = FloatVector.zero(SPECIES);
    FloatVector high = low;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      low = load(a, i).fma(load(b, i), low);
      high = load(a, i + LANES).fma(load(b, i + LANES), high);
    }
    float rest = 0;
    for (; i < a.length; i++) {
      rest = Math.fma(a[i], b[i], rest);
    }
    return halve(low.add(high)) + rest;
  }

  @Override
  public float square(float[] b) {
    FloatVector sum = FloatVector.zero(SPECIES);
    int i = 0;
    for (int bound = b.length - SQUARE_SUMS; i <= bound; i += SQUARE_SUMS) {
      FloatVector x = load(b, i);
      sum = x.fma(x, sum);
    }
    float rest = 0;
    for (; i < b.length; i++) {
      rest = Math.fma(b[i], b[i], rest);
    }
    return halve(sum) + rest;
  }

  @Override
  public float squareDistance(float[] a, float[] b) {
    FloatVector low = FloatVector.zero(SPECIES);
    FloatVector high = low;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      FloatVector x = load(a, i).sub(load(b, i));
      FloatVector y = load(a, i + LANES).sub(load(b, i + LANES));
      low = x.fma(x, low);
      high = y.fma(y, high);
    }
    float rest = 0;
    for (; i < a.length; i++) {
      rest = Math.fma(a[i] - b[i], a[i] - b[i], rest);
    }
    return halve(low.add(high)) + rest;
  }

  @Override
  public void dots(float[] a, MemorySegment b, long[] offsets, float[] into) {
    long o0 = offsets[0];
    long o1 = offsets[1];
    long o2 = offsets[2];
    long o3 = offsets[3];
    FloatVector low0 = FloatVector.zero(SPECIES);
    FloatVector low1 = low0;
    FloatVector low2 = low0;
    FloatVector low3 = low0;
    FloatVector high0 = low0;
    FloatVector high1 = low0;
    FloatVector high2 = low0;
    FloatVector high3 = low0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      FloatVector low = load(a, i);
      FloatVector high = load(a, i + LANES);
      low0 = low.fma(load(b, o0, i), low0);
      low1 = low.fma(load(b, o1, i), low1);
      low2 = low.fma(load(b, o2, i), low2);
      low3 = low.fma(load(b, o3, i), low3);
      high0 = high.fma(load(b, o0, i + LANES), high0);
      high1 = high.fma(load(b, o1, i + LANES), high1);
      high2 = high.fma(load(b, o2, i + LANES), high2);
      high3 = high.fma(load(b, o3, i + LANES), high3);
    }
    into[0] = halve(low0.add(high0)) + dotRest(a, b, o0, i);
    into[1] = halve(low1.add(high1)) + dotRest(a, b, o1, i);
    into[2] = halve(low2.add(high2)) + dotRest(a, b, o2, i);
    into[3] = halve(low3.add(high3)) + dotRest(a, b, o3, i);
  }

  @Override
  public void dotsAndSquares(
      float[] a, MemorySegment b, long[] offsets, float[] dots, float[] squares) {
    long o0 = offsets[0];
    long o1 = offsets[1];
    long o2 = offsets[2];
    long o3 = offsets[3];
    FloatVector low0 = FloatVector.zero(SPECIES);
    FloatVector low1 = low0;
    FloatVector low2 = low0;
    FloatVector low3 = low0;
    FloatVector high0 = low0;
    FloatVector high1 = low0;
    FloatVector high2 = low0;
    FloatVector high3 = low0;
    FloatVector square0 = low0;
    FloatVector square1 = low0;
    FloatVector square2 = low0;
    FloatVector square3 = low0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      FloatVector q = load(a, i);
      FloatVector x = load(b, o0, i);
      low0 = q.fma(x, low0);
      square0 = x.fma(x, square0);
      x = load(b, o1, i);
      low1 = q.fma(x, low1);
      square1 = x.fma(x, square1);
      x = load(b, o2, i);
      low2 = q.fma(x, low2);
      square2 = x.fma(x, square2);
      x = load(b, o3, i);
      low3 = q.fma(x, low3);
      square3 = x.fma(x, square3);
      q = load(a, i + LANES);
      x = load(b, o0, i + LANES);
      high0 = q.fma(x, high0);
      square0 = x.fma(x, square0);
      x = load(b, o1, i + LANES);
      high1 = q.fma(x, high1);
      square1 = x.fma(x, square1);
      x = load(b, o2, i + LANES);
      high2 = q.fma(x, high2);
      square2 = x.fma(x, square2);
      x = load(b, o3, i + LANES);
      high3 = q.fma(x, high3);
      square3 = x.fma(x, square3);
    }
    dots[0] = halve(low0.add(high0)) + dotRest(a, b, o0, i);
    dots[1] = halve(low1.add(high1)) + dotRest(a, b, o1, i);
    dots[2] = halve(low2.add(high2)) + dotRest(a, b, o2, i);
    dots[3] = halve(low3.add(high3)) + dotRest(a, b, o3, i);
    squares[0] = finishSquare(square0, b, o0, i, a.length);
    squares[1] = finishSquare(square1, b, o1, i, a.length);
    squares[2] = finishSquare(square2, b, o2, i, a.length);
    squares[3] = finishSquare(square3, b, o3, i, a.length);
  }

  @Override
  public void squareDistances(float[] a, MemorySegment b, long[] offsets, float[] into) {
    long o0 = offsets[0];
    long o1 = offsets[1];
    long o2 = offsets[2];
    long o3 = offsets[3];
    FloatVector low0 = FloatVector.zero(SPECIES);
    FloatVector low1 = low0;
    FloatVector low2 = low0;
    FloatVector low3 = low0;
    FloatVector high0 = low0;
    FloatVector high1 = low0;
    FloatVector high2 = low0;
    FloatVector high3 = low0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      FloatVector q = load(a, i);
      FloatVector x = q.sub(load(b, o0, i));
      low0 = x.fma(x, low0);
      x = q.sub(load(b, o1, i));
      low1 = x.fma(x, low1);
      x = q.sub(load(b, o2, i));
      low2 = x.fma(x, low2);
      x = q.sub(load(b, o3, i));
      low3 = x.fma(x, low3);
      q = load(a, i + LANES);
      x = q.sub(load(b, o0, i + LANES));
      high0 = x.fma(x, high0);
      x = q.sub(load(b, o1, i + LANES));
      high1 = x.fma(x, high1);
      x = q.sub(load(b, o2, i + LANES));
      high2 = x.fma(x, high2);
      x = q.sub(load(b, o3, i + LANES));
      high3 = x.fma(x, high3);
    }
    into[0] = halve(low0.add(high0)) + distanceRest(a, b, o0, i);
    into[1] = halve(low1.add(high1)) + distanceRest(a, b, o1, i);
    into[2] = halve(low2.add(high2)) + distanceRest(a, b, o2, i);
    into[3] = halve(low3.add(high3)) + distanceRest(a, b, o3, i);
  }

  private static float dotRest(float[] a, MemorySegment b, long offset, int from) {
    float rest = 0;
    for (int i = from; i < a.length; i++) {
      rest = Math.fma(a[i], single(b, offset, i), rest);
    }
    return rest;
  }

  private static float distanceRest(float[] a, MemorySegment b, long offset, int from) {
    float rest = 0;
    for (int i = from; i < a.length; i++) {
      float difference = a[i] - single(b, offset, i);
      rest = Math.fma(difference, difference, rest);
    }
    return rest;
  }

  /** Up to 15 components are left, of which the first eight still belong to the running sums. */
  private static float finishSquare(
      FloatVector sum, MemorySegment b, long offset, int from, int length) {
    int i = from;
    if (i + SQUARE_SUMS <= length) {
      FloatVector x = load(b, offset, i);
      sum = x.fma(x, sum);
      i += SQUARE_SUMS;
    }
    float rest = 0;
    for (; i < length; i++) {
      float x = single(b, offset, i);
      rest = Math.fma(x, x, rest);
    }
    return halve(sum) + rest;
  }

  private static FloatVector load(float[] a, int i) {
    return FloatVector.fromArray(SPECIES, a, i);
  }

  private static FloatVector load(MemorySegment b, long offset, int i) {
    return FloatVector.fromMemorySegment(SPECIES, b, offset + (long) i * Float.BYTES, ORDER);
  }

  private static float single(MemorySegment b, long offset, int i) {
    return b.get(FLOAT, offset + (long) i * Float.BYTES);
  }

  /** Not {@code reduceLanes}, whose order may change between interpreter and compiler. */
  private static float halve(FloatVector s) {
    float s04 = s.lane(0) + s.lane(4);
    float s15 = s.lane(1) + s.lane(5);
    float s26 = s.lane(2) + s.lane(6);
    float s37 = s.lane(3) + s.lane(7);
    return (s04 + s26) + (s15 + s37);
  }
}
