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

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Keeps the codes nearest to a query while a scan offers them in ascending order of position:
 * exactly the {@code keep} smallest distances, ties to the lowest position. Instead of a heap it
 * counts how many accepted codes lie at each distance; as soon as {@code keep} lie below the
 * threshold, the threshold drops, so after the first blocks almost nothing passes it. The words of
 * kept codes are captured while they are in cache. Not thread-safe.
 */
public final class HammingSelector {

  private final int keep;
  private final int words;
  private final int[] histogram;
  private int threshold;
  private int atOrBelow;

  private int size;
  private int[] positions;
  private int[] distances;
  private long[] codes;

  /**
   * @param keep codes to keep, at least 1
   * @param maxDistance largest distance that may be wanted, -1 when none is: codes farther away are
   *     not offered
   * @param words words of each code to capture, 0 for none
   * @param expected codes that are likely to be added: there is room for them from the start, and
   *     for up to twice {@code keep} as more come
   */
  public HammingSelector(int keep, int maxDistance, int words, int expected) {
    this.keep = keep;
    this.words = words;
    this.histogram = new int[maxDistance + 1];
    this.threshold = maxDistance;
    int capacity = Math.max(1, (int) Math.min(expected, 2L * keep));
    this.positions = new int[capacity];
    this.distances = new int[capacity];
    this.codes = new long[Math.multiplyExact(capacity, words)];
  }

  /**
   * The largest distance that may still be wanted in a range of positions, as other ranges are
   * known to have enough that is nearer, or as near and before it.
   *
   * @param most largest distance that may be wanted in any range, and was for those done
   * @param done what was selected in the ranges, in ascending order of positions; null where it is
   *     not known yet
   * @param range number of the range
   * @return -1 when nothing is
   */
  public static int wanted(
      int keep, int most, AtomicReferenceArray<HammingSelector> done, int range) {
    int[] all = new int[most + 1];
    int[] before = new int[most + 1];
    for (int r = 0; r < done.length(); r++) {
      HammingSelector part = done.get(r);
      for (int d = 0; part != null && d < part.histogram.length; d++) {
        all[d] += part.histogram[d];
        before[d] += r < range ? part.histogram[d] : 0;
      }
    }
    return Math.min(most, Math.min(reached(all, keep), reached(before, keep) - 1));
  }

  /** The least distance up to which there are so many, or more than there is. */
  private static int reached(int[] histogram, int wanted) {
    int sum = 0;
    int distance = 0;
    while (distance < histogram.length && (sum += histogram[distance]) < wanted) {
      distance++;
    }
    return distance < histogram.length ? distance : Integer.MAX_VALUE;
  }

  /**
   * Selects from what was selected in consecutive ranges of positions.
   *
   * @param parts finished, at least one, of the same number to keep and words to capture, in
   *     ascending order of positions
   */
  public static HammingSelector merge(List<HammingSelector> parts) {
    HammingSelector first = parts.getFirst();
    int words = first.words;
    int expected = 0;
    int most = -1;
    for (HammingSelector part : parts) {
      expected = Math.addExact(expected, part.size);
      most = Math.max(most, part.histogram.length - 1);
    }
    HammingSelector merged = new HammingSelector(first.keep, most, words, expected);
    for (HammingSelector part : parts) {
      for (int i = 0; i < part.size; i++) {
        if (part.distances[i] <= merged.threshold) {
          merged.add(part.positions[i], part.distances[i], part.codes, i * words);
        }
      }
    }
    merged.finish();
    return merged;
  }

  /** Whether words of codes are captured. */
  public boolean captures() {
    return words > 0;
  }

  /** Codes farther away than this are not wanted; -1 when nothing more is. Never rises. */
  public int threshold() {
    return threshold;
  }

  /**
   * Takes a code. Positions ascend from call to call.
   *
   * @param distance at most {@link #threshold}
   * @param source holds the words of the code from {@code offset}
   */
  public void add(int position, int distance, long[] source, int offset) {
    int room = add(position, distance);
    System.arraycopy(source, offset, codes, room, words);
  }

  /**
   * Takes a code whose words the caller puts where they belong.
   *
   * @return where that is in {@link #codes}, until the next call
   */
  public int add(int position, int distance) {
    if (size == positions.length) {
      makeRoom();
    }
    int room = size * words;
    positions[size] = position;
    distances[size] = distance;
    size++;
    histogram[distance]++;
    atOrBelow++;
    // With enough at or below the threshold, later codes at the threshold itself lose every tie.
    while (threshold >= 0 && atOrBelow >= keep) {
      atOrBelow -= histogram[threshold];
      threshold--;
    }
    return room;
  }

  /** Drops what can no longer win; grows only when everything still can. */
  private void makeRoom() {
    compact();
    if (size > positions.length / 2) {
      int capacity = (int) Math.min(2L * positions.length, 2L * keep);
      positions = Arrays.copyOf(positions, capacity);
      distances = Arrays.copyOf(distances, capacity);
      codes = Arrays.copyOf(codes, Math.multiplyExact(capacity, words));
    }
  }

  /**
   * Keeps everything at or below the threshold and, of the codes just above it, the first ones that
   * are needed to make up the number.
   */
  private void compact() {
    int room = keep - atOrBelow;
    int to = 0;
    for (int i = 0; i < size; i++) {
      boolean tie = distances[i] == threshold + 1 && room > 0;
      if (distances[i] <= threshold || tie) {
        room -= tie ? 1 : 0;
        if (to < i) {
          positions[to] = positions[i];
          distances[to] = distances[i];
          System.arraycopy(codes, i * words, codes, to * words, words);
        }
        to++;
      }
    }
    size = to;
  }

  /** Ends the selection; afterwards only the getters may be called. */
  public void finish() {
    compact();
  }

  /** Number of kept codes, at most {@code keep} after {@link #finish}. */
  public int size() {
    return size;
  }

  /** Position of the i-th kept code; positions ascend. */
  public int position(int i) {
    return positions[i];
  }

  /** Distance of the i-th kept code. */
  public int distance(int i) {
    return distances[i];
  }

  /** The captured words of all kept codes, one code after the other; not to be modified. */
  public long[] codes() {
    return codes;
  }
}
