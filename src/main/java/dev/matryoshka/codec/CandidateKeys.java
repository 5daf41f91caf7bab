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
package dev.matryoshka.codec;

import org.apache.lucene.util.IntroSelector;
import org.apache.lucene.util.MathUtil;
import org.apache.lucene.util.NumericUtils;

/**
 * Candidates as longs whose ascending order is best first: descending score, then ascending
 * document. Stateless.
 */
public final class CandidateKeys {

  private static final int FEW = 32;

  private CandidateKeys() {}

  public static long of(float score, int doc) {
    return (long) ~NumericUtils.floatToSortableInt(score) << Integer.SIZE | doc;
  }

  public static int doc(long key) {
    return (int) key;
  }

  public static float score(long key) {
    return NumericUtils.sortableIntToFloat(~(int) (key >> Integer.SIZE));
  }

  /** Moves the {@code keep} best of the first {@code size} keys to the front, in no order. */
  public static void select(long[] keys, int size, int keep) {
    select(keys, 0, size, keep);
  }

  /**
   * Moves the {@code keep} best keys of a range to its front, in no order but that the worst of
   * them comes last.
   */
  public static void select(long[] keys, int from, int to, int keep) {
    int last = from + Math.min(keep, to - from) - 1;
    int start = from;
    int end = to;
    // Halves what is left each time, or nearly: with bad luck, or equal keys, the selector goes on.
    for (int rounds = 2 * MathUtil.log(to - from + 1, 2);
        rounds > 0 && end - start > FEW;
        rounds--) {
      int pivot = partition(keys, start, end);
      if (pivot < last) {
        start = pivot + 1;
      } else if (pivot > last) {
        end = pivot;
      } else {
        return;
      }
    }
    new Selector(keys).select(start, end, last);
  }

  /**
   * Moves lesser keys before the median of three of them, and others behind it, without a branch
   * that nobody can predict: a third of the time that the selector takes.
   *
   * @return where the median of the three is then
   */
  private static int partition(long[] keys, int from, int to) {
    int last = to - 1;
    int median = median(keys, from, (from + last) >>> 1, last);
    long pivot = keys[median];
    keys[median] = keys[last];
    int less = from;
    for (int i = from; i < last; i++) {
      long key = keys[i];
      keys[i] = keys[less];
      keys[less] = key;
      less += key < pivot ? 1 : 0;
    }
    keys[last] = keys[less];
    keys[less] = pivot;
    return less;
  }

  private static int median(long[] keys, int a, int b, int c) {
    if (keys[a] < keys[b]) {
      return keys[b] < keys[c] ? b : keys[a] < keys[c] ? c : a;
    }
    return keys[a] < keys[c] ? a : keys[b] < keys[c] ? c : b;
  }

  private static final class Selector extends IntroSelector {
    private final long[] keys;
    private long pivot;

    Selector(long[] keys) {
      this.keys = keys;
    }

    @Override
    protected void setPivot(int i) {
      pivot = keys[i];
    }

    @Override
    protected int comparePivot(int j) {
      return Long.compare(pivot, keys[j]);
    }

    @Override
    protected void swap(int i, int j) {
      long key = keys[i];
      keys[i] = keys[j];
      keys[j] = key;
    }
  }
}
