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
package dev.matryoshka.rotation;

import java.util.Objects;

/**
 * What vectors are projected on so that inner products can be bounded: nearly orthonormal rows in
 * descending order of the energy that vectors have along them, cut into levels, and for each row
 * the range in which projections are stored in a byte. Takes ownership of its arrays, which are not
 * to be modified; immutable and thread-safe otherwise.
 *
 * @param levels numbers of leading rows, ascending
 * @param rows as many as the last level, each of the dims of vectors
 * @param offsets the projection that a byte of 0 stands for, for each row
 * @param steps how much a byte more stands for, for each row, not negative
 * @param deviation at least the Frobenius norm of {@code rows · rowsᵀ - I}
 * @param spreads for each level how much of the product of remainders' lengths counts in an
 *     estimate that misses few, 0 to 1
 * @param sampleSize vectors that it was learned from
 */
public record BoundBasis(
    int[] levels,
    float[][] rows,
    float[] offsets,
    float[] steps,
    float deviation,
    float[] spreads,
    int sampleSize) {

  /** What {@link #spreads} aim at: the share of what belongs to an answer that estimates find. */
  public static final double EXPECTED_RECALL = 0.999;

  public BoundBasis {
    Objects.requireNonNull(levels);
    int size = levels[levels.length - 1];
    if (rows.length != size || offsets.length != size || steps.length != size) {
      throw new IllegalArgumentException(
          "there must be ["
              + size
              + "] rows, offsets and steps but there are ["
              + rows.length
              + "]");
    }
  }

  /** Dimensions of vectors. */
  public int dims() {
    return rows[0].length;
  }
}
