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

  static final VectorSpecies<Long> SPECIES =
      LongVector.SPECIES_PREFERRED.length() > GROUP
          ? LongVector.SPECIES_512
          : LongVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** A page of memory, in bytes: a processor does not fetch the next one by itself. */
  private static final int PAGE = 4096;

  /** How far ahead a page is read once, in bytes, so that its address is known when it is due. */
  private static final int AHEAD = 2 * PAGE;

  /** Codes of four words in a page. */
  private static final int PAGE_OF_FOUR = PAGE / (4 * Long.BYTES);

  /** From a word of a code to the next one, in bytes. */
  private static final int STRIDE = GROUP * Long.BYTES;

  @Override
  public boolean wide() {
    return LANES == GROUP;
  }

  @Override
  public void addDistances(
      long[] codes,
      int groups,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances) {
    for (int i = 0; i < groups * GROUP; i += LANES) {
      int at = index(i, 0, words);
      LongVector sum = LongVector.zero(SPECIES);
      for (int w = 0; w < words; w++, at += GROUP) {
        sum =
            sum.add(
                LongVector.fromArray(SPECIES, codes, at)
                    .lanewise(VectorOperators.XOR, query[queryOffset + w])
                    .lanewise(VectorOperators.BIT_COUNT));
      }
      LongVector.fromArray(SPECIES, distances, i).add(times(sum, weight)).intoArray(distances, i);
    }
  }

  @Override
  public void addDistances(
      MemorySegment mapped,
      long offset,
      int groups,
      int words,
      long[] query,
      int queryOffset,
      int weight,
      long[] distances) {
    int w = 0;
    for (; w + 4 <= words; w += 4) {
      long at = offset + (long) w * STRIDE;
      addFour(mapped, at, groups, words, query, queryOffset + w, weight, distances);
    }
    for (; w < words; w++) {
      long at = offset + (long) w * STRIDE;
      addOne(mapped, at, groups, words, query[queryOffset + w], weight, distances);
    }
  }

  private static void addFour(
      MemorySegment mapped,
      long offset,
      int groups,
      int words,
      long[] query,
      int word,
      int weight,
      long[] distances) {
    LongVector first = LongVector.broadcast(SPECIES, query[word]);
    LongVector second = LongVector.broadcast(SPECIES, query[word + 1]);
    LongVector third = LongVector.broadcast(SPECIES, query[word + 2]);
    LongVector fourth = LongVector.broadcast(SPECIES, query[word + 3]);
    for (int i = 0; i < groups * GROUP; i += LANES) {
      long at = at(offset, i, words);
      LongVector sum = ofFour(mapped, at, first, second, third, fourth);
      LongVector.fromArray(SPECIES, distances, i).add(times(sum, weight)).intoArray(distances, i);
    }
  }

  private static void addOne(
      MemorySegment mapped,
      long offset,
      int groups,
      int words,
      long word,
      int weight,
      long[] distances) {
    LongVector query = LongVector.broadcast(SPECIES, word);
    for (int i = 0; i < groups * GROUP; i += LANES) {
      LongVector sum = differing(mapped, at(offset, i, words), query);
      LongVector.fromArray(SPECIES, distances, i).add(times(sum, weight)).intoArray(distances, i);
    }
  }

  @Override
  void addPlaneDistances(
      MemorySegment mapped, long offset, int groups, int words, long[] planes, long[] distances) {
    for (int i = 0; i < groups * GROUP; i += LANES) {
      long at = at(offset, i, words);
      LongVector ones = LongVector.zero(SPECIES);
      LongVector twos = LongVector.zero(SPECIES);
      LongVector fours = LongVector.zero(SPECIES);
      LongVector eights = LongVector.zero(SPECIES);
      for (int w = 0; w < words; w++, at += STRIDE) {
        LongVector word =
            LongVector.fromMemorySegment(SPECIES, mapped, at, ByteOrder.LITTLE_ENDIAN);
        ones = ones.add(differing(word, planes[w]));
        twos = twos.add(differing(word, planes[words + w]));
        fours = fours.add(differing(word, planes[2 * words + w]));
        eights = eights.add(differing(word, planes[3 * words + w]));
      }
      LongVector.fromArray(SPECIES, distances, i)
          .add(ones)
          .add(twos.lanewise(VectorOperators.LSHL, 1))
          .add(fours.lanewise(VectorOperators.LSHL, 2))
          .add(eights.lanewise(VectorOperators.LSHL, 3))
          .intoArray(distances, i);
    }
  }

  @Override
  public int nearest(
      MemorySegment mapped,
      long offset,
      int groups,
      int words,
      long[] query,
      long threshold,
      long[] distances,
      int[] hits) {
    if (words == 4) {
      return nearestOfFour(mapped, offset, groups, query, threshold, distances, hits);
    }
    int count = groups * GROUP;
    Arrays.fill(distances, 0, count, 0);
    addDistances(mapped, offset, groups, words, query, 0, 1, distances);
    return select(distances, count, threshold, hits);
  }

  /** The query's words stay in registers, and distances too far away are never stored. */
  private static int nearestOfFour(
      MemorySegment mapped,
      long offset,
      int groups,
      long[] query,
      long threshold,
      long[] distances,
      int[] hits) {
    LongVector first = LongVector.broadcast(SPECIES, query[0]);
    LongVector second = LongVector.broadcast(SPECIES, query[1]);
    LongVector third = LongVector.broadcast(SPECIES, query[2]);
    LongVector fourth = LongVector.broadcast(SPECIES, query[3]);
    LongVector limit = LongVector.broadcast(SPECIES, threshold);
    long last = mapped.byteSize() - Long.BYTES;
    int count = groups * GROUP;
    int found = 0;
    for (int from = 0; from < count; from += PAGE_OF_FOUR) {
      // Where no hit's distance is, nobody looks: there only has to be a use of what is read.
      distances[from] = mapped.get(WORD, Math.min(at(offset, from, 4) + AHEAD, last));
      int to = Math.min(count, from + PAGE_OF_FOUR);
      for (int i = from; i < to; i += LANES) {
        LongVector sum = ofFour(mapped, at(offset, i, 4), first, second, third, fourth);
        long mask = sum.compare(VectorOperators.LE, limit).toLong();
        if (mask != 0) {
          sum.intoArray(distances, i);
          for (; mask != 0; mask &= mask - 1) {
            hits[found++] = i + Long.numberOfTrailingZeros(mask);
          }
        }
      }
    }
    return found;
  }

  /** Where the first word of a code is, in bytes. */
  private static long at(long offset, int code, int words) {
    return offset + (long) index(code, 0, words) * Long.BYTES;
  }

  private static LongVector ofFour(
      MemorySegment mapped,
      long at,
      LongVector first,
      LongVector second,
      LongVector third,
      LongVector fourth) {
    return differing(mapped, at, first)
        .add(differing(mapped, at + STRIDE, second))
        .add(
            differing(mapped, at + 2 * STRIDE, third)
                .add(differing(mapped, at + 3 * STRIDE, fourth)));
  }

  private static LongVector differing(LongVector code, long word) {
    return code.lanewise(VectorOperators.XOR, word).lanewise(VectorOperators.BIT_COUNT);
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
