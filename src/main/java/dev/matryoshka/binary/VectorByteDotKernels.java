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
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The kernel in the JDK vector API: four rows share what is read of the weights. */
final class VectorByteDotKernels extends ByteDotKernels {

  private static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() > 512
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /** As many bytes as there are lanes; the narrowest shape there is holds eight. */
  private static final boolean NARROW = LANES * Byte.SIZE < 64;

  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, NARROW ? VectorShape.S_64_BIT : VectorShape.forBitSize(LANES * Byte.SIZE));

  private static final ByteDotKernels PLAIN = new ScalarByteDotKernels();

  @Override
  public void dots(byte[] rows, int count, int length, float[] weights, int offset, float[] sums) {
    if (NARROW) {
      PLAIN.dots(rows, count, length, weights, offset, sums);
      return;
    }
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      four(rows, i * length, length, weights, offset, sums, i);
    }
    for (; i < count; i++) {
      sums[i] = one(rows, i * length, length, weights, offset);
    }
  }

  private static void four(
      byte[] rows, int from, int length, float[] weights, int offset, float[] sums, int to) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int from1 = from + length;
    int from2 = from1 + length;
    int from3 = from2 + length;
    for (int j = 0; j < length; j += LANES) {
      FloatVector weight = FloatVector.fromArray(FLOATS, weights, offset + j);
      s0 = load(rows, from + j).fma(weight, s0);
      s1 = load(rows, from1 + j).fma(weight, s1);
      s2 = load(rows, from2 + j).fma(weight, s2);
      s3 = load(rows, from3 + j).fma(weight, s3);
    }
    sums[to] = s0.reduceLanes(VectorOperators.ADD);
    sums[to + 1] = s1.reduceLanes(VectorOperators.ADD);
    sums[to + 2] = s2.reduceLanes(VectorOperators.ADD);
    sums[to + 3] = s3.reduceLanes(VectorOperators.ADD);
  }

  private static float one(byte[] rows, int from, int length, float[] weights, int offset) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    for (int j = 0; j < length; j += 2 * LANES) {
      s0 = load(rows, from + j).fma(FloatVector.fromArray(FLOATS, weights, offset + j), s0);
      s1 =
          load(rows, from + j + LANES)
              .fma(FloatVector.fromArray(FLOATS, weights, offset + j + LANES), s1);
    }
    return s0.add(s1).reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector load(byte[] rows, int at) {
    return (FloatVector)
        ByteVector.fromArray(BYTES, rows, at).convertShape(VectorOperators.B2F, FLOATS, 0);
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
    if (NARROW) {
      PLAIN.dots(rows, starts, count, length, weights, offset, sums);
      return;
    }
    int quarter = count / 4;
    for (int i = 0; i < quarter; i++) {
      four(rows, starts, i, quarter, length, weights, offset, sums);
    }
    for (int i = 4 * quarter; i < count; i++) {
      sums[i] = one(rows, starts[i], length, weights, offset);
    }
  }

  /** Reads four rows a stride apart side by side: as streams, they are fetched ahead. */
  private static void four(
      MemorySegment rows,
      long[] starts,
      int first,
      int stride,
      int length,
      float[] weights,
      int offset,
      float[] sums) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long from0 = starts[first];
    long from1 = starts[first + stride];
    long from2 = starts[first + 2 * stride];
    long from3 = starts[first + 3 * stride];
    for (int j = 0; j < length; j += LANES) {
      FloatVector weight = FloatVector.fromArray(FLOATS, weights, offset + j);
      s0 = load(rows, from0 + j).fma(weight, s0);
      s1 = load(rows, from1 + j).fma(weight, s1);
      s2 = load(rows, from2 + j).fma(weight, s2);
      s3 = load(rows, from3 + j).fma(weight, s3);
    }
    sums[first] = s0.reduceLanes(VectorOperators.ADD);
    sums[first + stride] = s1.reduceLanes(VectorOperators.ADD);
    sums[first + 2 * stride] = s2.reduceLanes(VectorOperators.ADD);
    sums[first + 3 * stride] = s3.reduceLanes(VectorOperators.ADD);
  }

  private static float one(MemorySegment rows, long from, int length, float[] weights, int offset) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    for (int j = 0; j < length; j += 2 * LANES) {
      s0 = load(rows, from + j).fma(FloatVector.fromArray(FLOATS, weights, offset + j), s0);
      s1 =
          load(rows, from + j + LANES)
              .fma(FloatVector.fromArray(FLOATS, weights, offset + j + LANES), s1);
    }
    return s0.add(s1).reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector load(MemorySegment rows, long at) {
    return (FloatVector)
        ByteVector.fromMemorySegment(BYTES, rows, at, ByteOrder.LITTLE_ENDIAN)
            .convertShape(VectorOperators.B2F, FLOATS, 0);
  }
}
