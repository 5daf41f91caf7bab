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
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The kernels in the JDK vector API, in the preferred species, or the one that a group fills. */
final class VectorCorrectionKernels extends CorrectionKernels {

  private static final int GROUP = HammingKernels.GROUP;

  /** Corrections of a vector whose code has one level. */
  private static final int COLUMNS = 2;

  private static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() > GROUP
          ? FloatVector.SPECIES_256
          : FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  /** One correction of a group. */
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_64;

  private static final VectorSpecies<Long> WORDS = VectorHammingKernels.SPECIES;

  /** From a word of a code to the next one, in bytes. */
  private static final int STRIDE = GROUP * Long.BYTES;

  /** As many floats as a register of words has. */
  private static final VectorSpecies<Float> NARROW =
      VectorSpecies.of(float.class, VectorShape.forBitSize(WORDS.length() * Float.SIZE));

  /** One correction of as many vectors as a register has floats, from one of them on. */
  private static FloatVector corrections(
      MemorySegment mapped, long offset, int vector, int column, int columns, ByteScale scale) {
    int inGroup = vector % GROUP;
    long at = offset + HammingKernels.index(vector - inGroup, column, columns);
    ByteVector bytes = ByteVector.fromMemorySegment(BYTES, mapped, at, ByteOrder.LITTLE_ENDIAN);
    FloatVector floats =
        (FloatVector) bytes.convertShape(VectorOperators.B2F, SPECIES, inGroup / LANES);
    return floats.mul(scale.step()).add(scale.base());
  }

  @Override
  public void addProducts(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      ByteScale scale,
      float[] factors,
      float[] sums) {
    for (int i = 0; i < groups * GROUP; i += LANES) {
      FloatVector products =
          corrections(mapped, offset, i, column, columns, scale)
              .mul(FloatVector.fromArray(SPECIES, factors, i));
      FloatVector.fromArray(SPECIES, sums, i).add(products).intoArray(sums, i);
    }
  }

  @Override
  public void complete(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      ByteScale scale,
      Completion completion,
      float[] products) {
    for (int i = 0; i < groups * GROUP; i += LANES) {
      FloatVector others = corrections(mapped, offset, i, column, columns, scale);
      completed(FloatVector.fromArray(SPECIES, products, i), others, completion)
          .intoArray(products, i);
    }
  }

  private static FloatVector completed(
      FloatVector products, FloatVector corrections, Completion completion) {
    return products
        .mul(completion.factor())
        .add(corrections.mul(completion.sign()))
        .add(completion.constant());
  }

  @Override
  public void estimates(
      MemorySegment codes,
      long codesOffset,
      MemorySegment corrections,
      long correctionsOffset,
      int groups,
      ByteScale scale,
      ByteScale completing,
      QueryPlanes planes,
      Completion completion,
      float[] estimates) {
    float step = planes.step();
    float unequal = planes.unequal();
    int count = groups * GROUP;
    if (planes.words() == 4) {
      dotsOfFour(codes, codesOffset, count, planes.planes(), step, unequal, estimates);
    } else {
      dots(codes, codesOffset, count, planes.words(), planes.planes(), step, unequal, estimates);
    }
    for (int i = 0; i < count; i += LANES) {
      FloatVector scales = corrections(corrections, correctionsOffset, i, 0, COLUMNS, scale);
      FloatVector others = corrections(corrections, correctionsOffset, i, 1, COLUMNS, completing);
      FloatVector products = scales.mul(FloatVector.fromArray(SPECIES, estimates, i));
      completed(products, others, completion).intoArray(estimates, i);
    }
  }

  // Vectors that one method passes to another go through the heap where the compiler does not
  // inline
  // the latter: when it has compiled it by itself before, and the result was large, or when there
  // is too much in the caller already. Both depend on what a node happens to do first. So each of
  // these loops is one method, which takes nothing from others but a few instructions, and which is
  // longer than what the compiler inlines at all (325 bytes): it is compiled by itself.

  /** A constant number of words lets the compiler unroll the loop over them. */
  private static void dotsOfFour(
      MemorySegment codes,
      long offset,
      int count,
      long[] planes,
      float step,
      float unequal,
      float[] dots) {
    for (int i = 0; i < count; i += WORDS.length()) {
      long at = offset + (long) HammingKernels.index(i, 0, 4) * Long.BYTES;
      LongVector ones = LongVector.zero(WORDS);
      LongVector twos = LongVector.zero(WORDS);
      LongVector fours = LongVector.zero(WORDS);
      LongVector eights = LongVector.zero(WORDS);
      for (int w = 0; w < 4; w++, at += STRIDE) {
        LongVector word = LongVector.fromMemorySegment(WORDS, codes, at, ByteOrder.LITTLE_ENDIAN);
        LongVector one = word.lanewise(VectorOperators.XOR, planes[w]);
        LongVector two = word.lanewise(VectorOperators.XOR, planes[4 + w]);
        LongVector four = word.lanewise(VectorOperators.XOR, planes[8 + w]);
        LongVector eight = word.lanewise(VectorOperators.XOR, planes[12 + w]);
        ones = ones.add(one.lanewise(VectorOperators.BIT_COUNT));
        twos = twos.add(two.lanewise(VectorOperators.BIT_COUNT));
        fours = fours.add(four.lanewise(VectorOperators.BIT_COUNT));
        eights = eights.add(eight.lanewise(VectorOperators.BIT_COUNT));
      }
      LongVector low = ones.add(twos.lanewise(VectorOperators.LSHL, 1));
      LongVector high =
          fours.lanewise(VectorOperators.LSHL, 2).add(eights.lanewise(VectorOperators.LSHL, 3));
      // Not every processor converts longs, but small ones are the last bits of a double.
      FloatVector distances =
          (FloatVector)
              low.add(high)
                  .lanewise(VectorOperators.OR, Double.doubleToRawLongBits(0x1p52))
                  .reinterpretAsDoubles()
                  .sub(0x1p52)
                  .convertShape(VectorOperators.D2F, NARROW, 0);
      distances.neg().add(unequal).mul(step).intoArray(dots, i);
    }
  }

  private static void dots(
      MemorySegment codes,
      long offset,
      int count,
      int words,
      long[] planes,
      float step,
      float unequal,
      float[] dots) {
    for (int i = 0; i < count; i += WORDS.length()) {
      long at = offset + (long) HammingKernels.index(i, 0, words) * Long.BYTES;
      LongVector ones = LongVector.zero(WORDS);
      LongVector twos = LongVector.zero(WORDS);
      LongVector fours = LongVector.zero(WORDS);
      LongVector eights = LongVector.zero(WORDS);
      for (int w = 0; w < words; w++, at += STRIDE) {
        LongVector word = LongVector.fromMemorySegment(WORDS, codes, at, ByteOrder.LITTLE_ENDIAN);
        LongVector one = word.lanewise(VectorOperators.XOR, planes[w]);
        LongVector two = word.lanewise(VectorOperators.XOR, planes[words + w]);
        LongVector four = word.lanewise(VectorOperators.XOR, planes[2 * words + w]);
        LongVector eight = word.lanewise(VectorOperators.XOR, planes[3 * words + w]);
        ones = ones.add(one.lanewise(VectorOperators.BIT_COUNT));
        twos = twos.add(two.lanewise(VectorOperators.BIT_COUNT));
        fours = fours.add(four.lanewise(VectorOperators.BIT_COUNT));
        eights = eights.add(eight.lanewise(VectorOperators.BIT_COUNT));
      }
      LongVector low = ones.add(twos.lanewise(VectorOperators.LSHL, 1));
      LongVector high =
          fours.lanewise(VectorOperators.LSHL, 2).add(eights.lanewise(VectorOperators.LSHL, 3));
      FloatVector distances =
          (FloatVector)
              low.add(high)
                  .lanewise(VectorOperators.OR, Double.doubleToRawLongBits(0x1p52))
                  .reinterpretAsDoubles()
                  .sub(0x1p52)
                  .convertShape(VectorOperators.D2F, NARROW, 0);
      distances.neg().add(unequal).mul(step).intoArray(dots, i);
    }
  }
}
