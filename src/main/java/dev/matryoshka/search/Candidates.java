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
package dev.matryoshka.search;

import java.util.Arrays;

/**
 * Candidates of one segment: ordinals, their latest scores, and the code words that the first stage
 * captured. Belongs to one query; not thread-safe.
 */
final class Candidates {

  private final int words;
  private int[] ords;
  private float[] scores;
  private long[] codes;
  private int size;

  /**
   * @param capacity expected number
   * @param words code words captured for each candidate, 0 for none
   */
  Candidates(int capacity, int words) {
    this.words = words;
    this.ords = new int[Math.max(1, capacity)];
    this.scores = new float[ords.length];
    this.codes = new long[Math.multiplyExact(ords.length, words)];
  }

  void add(int ord, float score) {
    if (size == ords.length) {
      int capacity = ords.length + (ords.length >> 1) + 1;
      ords = Arrays.copyOf(ords, capacity);
      scores = Arrays.copyOf(scores, capacity);
      codes = Arrays.copyOf(codes, Math.multiplyExact(capacity, words));
    }
    ords[size] = ord;
    scores[size] = score;
    size++;
  }

  /** Adds a candidate with its captured words, read from {@code offset}. */
  void add(int ord, float score, long[] from, int offset) {
    add(ord, score);
    System.arraycopy(from, offset, codes, (size - 1) * words, words);
  }

  int size() {
    return size;
  }

  int ord(int i) {
    return ords[i];
  }

  /** Ordinals; not to be modified. */
  int[] ords() {
    return ords;
  }

  float score(int i) {
    return scores[i];
  }

  /** The latest scores; a copy. */
  float[] scores() {
    return Arrays.copyOf(scores, size);
  }

  void setScore(int i, float score) {
    scores[i] = score;
  }

  int words() {
    return words;
  }

  /** Captured words, {@link #words} for each candidate; not to be modified. */
  long[] codes() {
    return codes;
  }

  /** Drops all whose mark is not set; keeps the order of the rest. */
  void retain(boolean[] marks) {
    int to = 0;
    for (int i = 0; i < size; i++) {
      if (marks[i]) {
        ords[to] = ords[i];
        scores[to] = scores[i];
        System.arraycopy(codes, i * words, codes, to * words, words);
        to++;
      }
    }
    size = to;
  }
}
