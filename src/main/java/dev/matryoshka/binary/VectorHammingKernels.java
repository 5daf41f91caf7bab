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
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The kernels in the JDK vector API, in the preferred species. */
final class VectorHammingKernels extends HammingKernels {

  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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
      LongVector.fromArray(SPECIES, distances, i).add(times(sum, weight)).intoArray(distances, i);
    }
    for (; i < count; i++) {
      long sum = 0;
      for (int w = 0; w < words; w++) {
        sum += Long.bitCount(block[w * count + i] ^ query[queryOffset + w]);
      }
      distances[i] += (long) weight * sum;
    }
  }

  @Override
  public void addDistances(
      MemorySegment mapped,
      long offset,
      int count,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances) {
    long stride = (long) count * Long.BYTES;
    long at = offset;
    int w = 0;
    for (; w + 4 <= words; w += 4, at += 4 * stride) {
      addFour(mapped, at, count, query, queryOffset + w, weight, distances);
    }
    for (; w < words; w++, at += stride) {
      addOne(mapped, at, count, query[queryOffset + w], weight, distances);
    }
  }

  private static void addFour(
      MemorySegment mapped,
      long offset,
      int count,
      long[] query,
      int word,
      int weight,
      long[] distances) {
    LongVector first = LongVector.broadcast(SPECIES, query[word]);
    LongVector second = LongVector.broadcast(SPECIES, query[word + 1]);
    LongVector third = LongVector.broadcast(SPECIES, query[word + 2]);
    LongVector fourth = LongVector.broadcast(SPECIES, query[word + 3]);
    long stride = (long) count * Long.BYTES;
    int i = 0;
    for (int bound = count - LANES; i <= bound; i += LANES) {
      long at = offset + (long) i * Long.BYTES;
      LongVector sum = ofFour(mapped, at, stride, first, second, third, fourth);
      LongVector.fromArray(SPECIES, distances, i).add(times(sum, weight)).intoArray(distances, i);
    }
    for (; i < count; i++) {
      distances[i] +=
          (long) weight * ofFour(mapped, offset + (long) i * Long.BYTES, stride, query, word);
    }
  }

  private static void addOne(
      MemorySegment mapped, long offset, int count, long word, int weight, long[] distances) {
    LongVector query = LongVector.broadcast(SPECIES, word);
    int i = 0;
    for (int bound = count - LANES; i <= bound; i += LANES) {
      LongVector sum = differing(mapped, offset + (long) i * Long.BYTES, query);
      LongVector.fromArray(SPECIES, distances, i).add(times(sum, weight)).intoArray(distances, i);
    }
    for (; i < count; i++) {
      long code = mapped.get(WORD, offset + (long) i * Long.BYTES);
      distances[i] += (long) weight * Long.bitCount(code ^ word);
    }
  }

  @Override
  public int nearest(
      MemorySegment mapped,
      long offset,
      int count,
      int words,
      long[] query,
      long threshold,
      long[] distances,
      int[] hits) {
    if (words == 4) {
      return nearestOfFour(mapped, offset, count, query, threshold, distances, hits);
    }
    Arrays.fill(distances, 0, count, 0);
    addDistances(mapped, offset, count, words, query, 0, 1, distances);
    return select(distances, count, threshold, hits);
  }

  /** The query's words stay in registers, and distances too far away are never stored. */
  private static int nearestOfFour(
      MemorySegment mapped,
      long offset,
      int count,
      long[] query,
      long threshold,
      long[] distances,
      int[] hits) {
    LongVector first = LongVector.broadcast(SPECIES, query[0]);
    LongVector second = LongVector.broadcast(SPECIES, query[1]);
    LongVector third = LongVector.broadcast(SPECIES, query[2]);
    LongVector fourth = LongVector.broadcast(SPECIES, query[3]);
    LongVector limit = LongVector.broadcast(SPECIES, threshold);
    long stride = (long) count * Long.BYTES;
    int found = 0;
    int i = 0;
    for (int bound = count - LANES; i <= bound; i += LANES) {
      long at = offset + (long) i * Long.BYTES;
      LongVector sum = ofFour(mapped, at, stride, first, second, third, fourth);
      long mask = sum.compare(VectorOperators.LE, limit).toLong();
      if (mask != 0) {
        sum.intoArray(distances, i);
        for (; mask != 0; mask &= mask - 1) {
          hits[found++] = i + Long.numberOfTrailingZeros(mask);
        }
      }
    }
    for (; i < count; i++) {
      long sum = ofFour(mapped, offset + (long) i * Long.BYTES, stride, query, 0);
      if (sum <= threshold) {
        distances[i] = sum;
        hits[found++] = i;
      }
    }
    return found;
  }

  private static LongVector ofFour(
      MemorySegment mapped,
      long at,
      long stride,
      LongVector first,
      LongVector second,
      LongVector third,
      LongVector fourth) {
    return differing(mapped, at, first)
        .add(differing(mapped, at + stride, second))
        .add(
            differing(mapped, at + 2 * stride, third)
                .add(differing(mapped, at + 3 * stride, fourth)));
  }

  private static long ofFour(MemorySegment mapped, long at, long stride, long[] query, int word) {
    long sum = 0;
    for (int w = 0; w < 4; w++) {
      sum += Long.bitCount(mapped.get(WORD, at + w * stride) ^ query[word + w]);
    }
    return sum;
  }

  private static LongVector differing(MemorySegment mapped, long at, LongVector query) {
    return LongVector.fromMemorySegment(SPECIES, mapped, at, ByteOrder.LITTLE_ENDIAN)
        .lanewise(VectorOperators.XOR, query)
        .lanewise(VectorOperators.BIT_COUNT);
  }

  /** Processors without a product of longs can still shift them. */
  private static LongVector times(LongVector sum, int weight) {
    return Integer.bitCount(weight) == 1
        ? sum.lanewise(VectorOperators.LSHL, Integer.numberOfTrailingZeros(weight))
        : sum.mul(weight);
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

  @Override
  public int select(float[] estimates, int count, float least, int[] hits) {
    int found = 0;
    int i = 0;
    for (int bound = count - FLOATS.length(); i <= bound; i += FLOATS.length()) {
      long mask =
          FloatVector.fromArray(FLOATS, estimates, i).compare(VectorOperators.GE, least).toLong();
      for (; mask != 0; mask &= mask - 1) {
        hits[found++] = i + Long.numberOfTrailingZeros(mask);
      }
    }
    for (; i < count; i++) {
      if (estimates[i] >= least) {
        hits[found++] = i;
      }
    }
    return found;
  }
}
