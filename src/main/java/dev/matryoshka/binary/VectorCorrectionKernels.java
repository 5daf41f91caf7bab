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
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The kernels in the JDK vector API, in the preferred species, or the one that a group fills. */
final class VectorCorrectionKernels extends CorrectionKernels {

  private static final int GROUP = HammingKernels.GROUP;
  private static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() > GROUP
          ? FloatVector.SPECIES_256
          : FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private static final VectorSpecies<Long> WORDS = VectorHammingKernels.SPECIES;

  /** As many floats as a register of words has. */
  private static final VectorSpecies<Float> NARROW =
      VectorSpecies.of(float.class, VectorShape.forBitSize(WORDS.length() * Float.SIZE));

  private static FloatVector corrections(
      VectorSpecies<Float> species,
      MemorySegment mapped,
      long offset,
      int vector,
      int column,
      int columns) {
    long at = offset + (long) HammingKernels.index(vector, column, columns) * Float.BYTES;
    return FloatVector.fromMemorySegment(species, mapped, at, ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void addProducts(
      MemorySegment mapped,
      long offset,
      int groups,
      int column,
      int columns,
      float[] factors,
      float[] sums) {
    for (int i = 0; i < groups * GROUP; i += LANES) {
      FloatVector products =
          corrections(SPECIES, mapped, offset, i, column, columns)
              .mul(FloatVector.fromArray(SPECIES, factors, i));
      FloatVector.fromArray(SPECIES, sums, i).add(products).intoArray(sums, i);
    }
  }

  @Override
  public void complete(
      MemorySegment mapped,
      long offset,
      int groups,
      int columns,
      Completion completion,
      float[] products) {
    for (int i = 0; i < groups * GROUP; i += LANES) {
      FloatVector others = corrections(SPECIES, mapped, offset, i, completion.column(), columns);
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
      int columns,
      QueryPlanes planes,
      Completion completion,
      float[] estimates) {
    float step = planes.step();
    float unequal = planes.unequal();
    for (int i = 0; i < groups * GROUP; i += WORDS.length()) {
      FloatVector dots = distances(codes, codesOffset, i, planes).neg().add(unequal).mul(step);
      FloatVector scales = corrections(NARROW, corrections, correctionsOffset, i, 0, columns);
      FloatVector others =
          corrections(NARROW, corrections, correctionsOffset, i, completion.column(), columns);
      completed(scales.mul(dots), others, completion).intoArray(estimates, i);
    }
  }

  private static FloatVector distances(
      MemorySegment codes, long codesOffset, int vector, QueryPlanes planes) {
    LongVector distances =
        planes.words() == 4
            // As a constant it lets the compiler unroll the loop over words.
            ? VectorHammingKernels.planeDistances(codes, codesOffset, vector, 4, planes.planes())
            : VectorHammingKernels.planeDistances(
                codes, codesOffset, vector, planes.words(), planes.planes());
    // Not every processor converts longs, but small ones are the last bits of a double.
    return (FloatVector)
        distances
            .lanewise(VectorOperators.OR, Double.doubleToRawLongBits(0x1p52))
            .reinterpretAsDoubles()
            .sub(0x1p52)
            .convertShape(VectorOperators.D2F, NARROW, 0);
  }
}
