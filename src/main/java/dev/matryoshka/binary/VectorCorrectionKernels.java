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
import jdk.incubator.vector.VectorSpecies;

/** The kernels in the JDK vector API, in the preferred species, or the one that a group fills. */
final class VectorCorrectionKernels extends CorrectionKernels {

  private static final int GROUP = HammingKernels.GROUP;
  private static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() > GROUP
          ? FloatVector.SPECIES_256
          : FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private static FloatVector corrections(
      MemorySegment mapped, long offset, int vector, int column, int columns) {
    long at = offset + (long) HammingKernels.index(vector, column, columns) * Float.BYTES;
    return FloatVector.fromMemorySegment(SPECIES, mapped, at, ByteOrder.LITTLE_ENDIAN);
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
          corrections(mapped, offset, i, column, columns)
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
      float factor,
      float sign,
      float constant,
      float[] sums) {
    for (int i = 0; i < groups * GROUP; i += LANES) {
      FloatVector.fromArray(SPECIES, sums, i)
          .mul(factor)
          .add(corrections(mapped, offset, i, column, columns).mul(sign))
          .add(constant)
          .intoArray(sums, i);
    }
  }
}
