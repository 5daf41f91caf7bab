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
 * The kernels in the JDK vector API, always in 256 bits: four registers of eight lanes are the 32
 * running sums. Wider registers would not help, since memory is the limit.
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
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      s0 = load(a, i).fma(load(b, i), s0);
      s1 = load(a, i + LANES).fma(load(b, i + LANES), s1);
      s2 = load(a, i + 2 * LANES).fma(load(b, i + 2 * LANES), s2);
      s3 = load(a, i + 3 * LANES).fma(load(b, i + 3 * LANES), s3);
    }
    float rest = 0;
    for (; i < a.length; i++) {
      rest = Math.fma(a[i], b[i], rest);
    }
    return halve(s0, s1, s2, s3) + rest;
  }

  @Override
  public float dot(float[] a, MemorySegment b, long offset) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      s0 = load(a, i).fma(load(b, offset, i), s0);
      s1 = load(a, i + LANES).fma(load(b, offset, i + LANES), s1);
      s2 = load(a, i + 2 * LANES).fma(load(b, offset, i + 2 * LANES), s2);
      s3 = load(a, i + 3 * LANES).fma(load(b, offset, i + 3 * LANES), s3);
    }
    float rest = 0;
    for (; i < a.length; i++) {
      rest = Math.fma(a[i], single(b, offset, i), rest);
    }
    return halve(s0, s1, s2, s3) + rest;
  }

  @Override
  public long dotAndSquare(float[] a, MemorySegment b, long offset) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    FloatVector q0 = s0;
    FloatVector q1 = s0;
    FloatVector q2 = s0;
    FloatVector q3 = s0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      FloatVector x0 = load(b, offset, i);
      FloatVector x1 = load(b, offset, i + LANES);
      FloatVector x2 = load(b, offset, i + 2 * LANES);
      FloatVector x3 = load(b, offset, i + 3 * LANES);
      s0 = load(a, i).fma(x0, s0);
      s1 = load(a, i + LANES).fma(x1, s1);
      s2 = load(a, i + 2 * LANES).fma(x2, s2);
      s3 = load(a, i + 3 * LANES).fma(x3, s3);
      q0 = x0.fma(x0, q0);
      q1 = x1.fma(x1, q1);
      q2 = x2.fma(x2, q2);
      q3 = x3.fma(x3, q3);
    }
    float dotRest = 0;
    float squareRest = 0;
    for (; i < a.length; i++) {
      float x = single(b, offset, i);
      dotRest = Math.fma(a[i], x, dotRest);
      squareRest = Math.fma(x, x, squareRest);
    }
    return pack(halve(s0, s1, s2, s3) + dotRest, halve(q0, q1, q2, q3) + squareRest);
  }

  @Override
  public float squareDistance(float[] a, float[] b) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      FloatVector d0 = load(a, i).sub(load(b, i));
      FloatVector d1 = load(a, i + LANES).sub(load(b, i + LANES));
      FloatVector d2 = load(a, i + 2 * LANES).sub(load(b, i + 2 * LANES));
      FloatVector d3 = load(a, i + 3 * LANES).sub(load(b, i + 3 * LANES));
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
      s2 = d2.fma(d2, s2);
      s3 = d3.fma(d3, s3);
    }
    float rest = 0;
    for (; i < a.length; i++) {
      rest = Math.fma(a[i] - b[i], a[i] - b[i], rest);
    }
    return halve(s0, s1, s2, s3) + rest;
  }

  @Override
  public float squareDistance(float[] a, MemorySegment b, long offset) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (int bound = a.length - SUMS; i <= bound; i += SUMS) {
      FloatVector d0 = load(a, i).sub(load(b, offset, i));
      FloatVector d1 = load(a, i + LANES).sub(load(b, offset, i + LANES));
      FloatVector d2 = load(a, i + 2 * LANES).sub(load(b, offset, i + 2 * LANES));
      FloatVector d3 = load(a, i + 3 * LANES).sub(load(b, offset, i + 3 * LANES));
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
      s2 = d2.fma(d2, s2);
      s3 = d3.fma(d3, s3);
    }
    float rest = 0;
    for (; i < a.length; i++) {
      float difference = a[i] - single(b, offset, i);
      rest = Math.fma(difference, difference, rest);
    }
    return halve(s0, s1, s2, s3) + rest;
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
  private static float halve(FloatVector s0, FloatVector s1, FloatVector s2, FloatVector s3) {
    FloatVector s = s0.add(s2).add(s1.add(s3));
    float s04 = s.lane(0) + s.lane(4);
    float s15 = s.lane(1) + s.lane(5);
    float s26 = s.lane(2) + s.lane(6);
    float s37 = s.lane(3) + s.lane(7);
    return (s04 + s26) + (s15 + s37);
  }
}
