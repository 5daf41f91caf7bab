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

/** Plain loops, for JVMs without the vector module and as the reference in tests. */
final class ScalarHammingKernels extends HammingKernels {

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public boolean wide() {
    return false;
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
    for (int g = 0, at = 0; g < groups; g++) {
      for (int w = 0; w < words; w++) {
        long word = query[queryOffset + w];
        for (int i = g * GROUP; i < (g + 1) * GROUP; i++, at++) {
          distances[i] += (long) weight * Long.bitCount(codes[at] ^ word);
        }
      }
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
    long at = offset;
    for (int g = 0; g < groups; g++) {
      for (int w = 0; w < words; w++) {
        long word = query[queryOffset + w];
        for (int i = g * GROUP; i < (g + 1) * GROUP; i++, at += Long.BYTES) {
          distances[i] += (long) weight * Long.bitCount(mapped.get(WORD, at) ^ word);
        }
      }
    }
  }

  @Override
  void addPlaneDistances(
      MemorySegment mapped, long offset, int groups, int words, long[] planes, long[] distances) {
    for (int plane = 0; plane < QueryPlanes.PLANES; plane++) {
      addDistances(mapped, offset, groups, words, planes, plane * words, 1 << plane, distances);
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
    int count = groups * GROUP;
    Arrays.fill(distances, 0, count, 0);
    addDistances(mapped, offset, groups, words, query, 0, 1, distances);
    return select(distances, count, threshold, hits);
  }

  @Override
  public int select(long[] distances, int count, long threshold, int[] hits) {
    int found = 0;
    for (int i = 0; i < count; i++) {
      if (distances[i] <= threshold) {
        hits[found++] = i;
      }
    }
    return found;
  }

  @Override
  public int select(float[] estimates, int count, float least, int[] hits) {
    int found = 0;
    for (int i = 0; i < count; i++) {
      if (estimates[i] >= least) {
        hits[found++] = i;
      }
    }
    return found;
  }
}
