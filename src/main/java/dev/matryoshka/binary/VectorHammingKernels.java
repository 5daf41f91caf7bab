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

import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The kernels in the JDK vector API, in the preferred species. */
final class VectorHammingKernels extends HammingKernels {

  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  @Override
  public void addDistances(
      long[] block,
      int count,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances) {
    int i = 0;
    for (int bound = count - LANES; i <= bound; i += LANES) {
      LongVector sum = LongVector.zero(SPECIES);
      for (int w = 0; w < words; w++) {
        sum =
            sum.add(
                LongVector.fromArray(SPECIES, block, w * count + i)
                    .lanewise(VectorOperators.XOR, query[queryOffset + w])
                    .lanewise(VectorOperators.BIT_COUNT));
      }
      if (weight != 1) {
        sum = sum.mul(weight);
      }
      LongVector.fromArray(SPECIES, distances, i).add(sum).intoArray(distances, i);
    }
    for (; i < count; i++) {
      long sum = 0;
      for (int w = 0; w < words; w++) {
        sum += Long.bitCount(block[w * count + i] ^ query[queryOffset + w]);
      }
      distances[i] += weight * sum;
    }
  }

  @Override
  public int nearest(
      long[] block,
      int count,
      int words,
      long[] query,
      long threshold,
      long[] distances,
      int[] hits) {
    int found = 0;
    int i = 0;
    for (int bound = count - LANES; i <= bound; i += LANES) {
      LongVector sum = LongVector.zero(SPECIES);
      int w = 0;
      for (; w + 4 <= words; w += 4) {
        int at = w * count + i;
        LongVector first = differing(block, at, query[w]);
        LongVector second = differing(block, at + count, query[w + 1]);
        LongVector third = differing(block, at + 2 * count, query[w + 2]);
        LongVector fourth = differing(block, at + 3 * count, query[w + 3]);
        sum = sum.add(first.add(second).add(third.add(fourth)));
      }
      for (; w < words; w++) {
        sum = sum.add(differing(block, w * count + i, query[w]));
      }
      sum.intoArray(distances, i);
      long mask = sum.compare(VectorOperators.LE, threshold).toLong();
      for (; mask != 0; mask &= mask - 1) {
        hits[found++] = i + Long.numberOfTrailingZeros(mask);
      }
    }
    for (; i < count; i++) {
      long sum = 0;
      for (int w = 0; w < words; w++) {
        sum += Long.bitCount(block[w * count + i] ^ query[w]);
      }
      distances[i] = sum;
      if (sum <= threshold) {
        hits[found++] = i;
      }
    }
    return found;
  }

  private static LongVector differing(long[] block, int at, long word) {
    return LongVector.fromArray(SPECIES, block, at)
        .lanewise(VectorOperators.XOR, word)
        .lanewise(VectorOperators.BIT_COUNT);
  }

  @Override
  public int select(long[] distances, int count, long threshold, int[] hits) {
    int found = 0;
    int i = 0;
    for (int bound = count - LANES; i <= bound; i += LANES) {
      long mask =
          LongVector.fromArray(SPECIES, distances, i)
              .compare(VectorOperators.LE, threshold)
              .toLong();
      for (; mask != 0; mask &= mask - 1) {
        hits[found++] = i + Long.numberOfTrailingZeros(mask);
      }
    }
    for (; i < count; i++) {
      if (distances[i] <= threshold) {
        hits[found++] = i;
      }
    }
    return found;
  }
}
