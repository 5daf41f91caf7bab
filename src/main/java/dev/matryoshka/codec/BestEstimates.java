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

import java.util.Arrays;
import java.util.List;

/**
 * The vectors with the best estimates of those offered, ties to the lowest ordinal. They are
 * offered in ascending order of ordinals, and stay in it. Not thread-safe.
 */
public final class BestEstimates {

  /** Room at first, and more from time to time, so that selecting the best is rare. */
  private static final int ROOM = 1024;

  private final int keep;
  private float least;
  private long[] keys;
  private int size;

  /**
   * @param keep vectors to keep, at least 1
   * @param least what an estimate has to be, at the least
   */
  BestEstimates(int keep, float least) {
    this.keep = keep;
    this.least = least;
    this.keys = new long[Math.toIntExact(Math.min(room(keep), 2 * ROOM))];
  }

  /** Most keys that there is room for. */
  static long room(int keep) {
    return 2L * keep + ROOM;
  }

  /** Estimates below this are not wanted. Never falls. */
  float least() {
    return least;
  }

  /** Takes an estimate of at least {@link #least}. */
  void add(float estimate, int ord) {
    if (size == keys.length) {
      makeRoom();
    }
    keys[size++] = CandidateKeys.of(estimate, ord);
  }

  private void makeRoom() {
    if (size < room(keep)) {
      keys = Arrays.copyOf(keys, Math.toIntExact(Math.min(room(keep), 2L * size)));
    } else {
      finish();
    }
  }

  /**
   * Takes what is left of vectors that come after these, and leaves the best of all.
   *
   * @param others in ascending order of ordinals
   */
  void finishWith(List<BestEstimates> others) {
    int all = size;
    for (BestEstimates other : others) {
      all = Math.addExact(all, other.size);
    }
    keys = Arrays.copyOf(keys, all);
    for (BestEstimates other : others) {
      System.arraycopy(other.keys, 0, keys, size, other.size);
      size += other.size;
    }
    finish();
  }

  /** Leaves the best, and wants nothing worse than the worst of them from now on. */
  void finish() {
    if (size < keep) {
      return;
    }
    long[] selected = Arrays.copyOf(keys, size);
    CandidateKeys.select(selected, size, keep);
    long worst = selected[keep - 1];
    int to = 0;
    for (int i = 0; i < size; i++) {
      keys[to] = keys[i];
      to += keys[i] <= worst ? 1 : 0;
    }
    size = to;
    least = CandidateKeys.score(worst);
  }

  /** Number of vectors. */
  public int size() {
    return size;
  }

  /** Ordinal of the i-th vector; ordinals ascend. */
  public int ordinal(int i) {
    return CandidateKeys.doc(keys[i]);
  }

  /** Estimate of the i-th vector. */
  public float estimate(int i) {
    return CandidateKeys.score(keys[i]);
  }
}
