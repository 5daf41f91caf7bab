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

import dev.matryoshka.codec.CodeCursor;
import dev.matryoshka.codec.QueryCode;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.VectorUtil;

/**
 * Scores some of the candidates of a segment, which are given by their indices in ascending order,
 * so that files are read forwards. For one thread.
 */
final class CandidateScorer {

  /** Candidates picked one by one unless there is one in so many ordinals: then block by block. */
  private static final int SCATTERED_BELOW = 32;

  private static final int CHECK_INTERVAL = 512;

  private final SegmentView segment;
  private final float[] target;
  private final Candidates candidates;
  private final Runnable interrupt;
  private CodeCursor cursor;
  private ExactScorer full;

  CandidateScorer(SegmentView segment, float[] target, Candidates candidates, Runnable interrupt) {
    this.segment = segment;
    this.target = target;
    this.candidates = candidates;
    this.interrupt = interrupt;
  }

  private CodeCursor cursor() throws IOException {
    if (cursor == null) {
      cursor = segment.codes().cursor();
    }
    return cursor;
  }

  /** By the asymmetric estimate from the prefix up to a level. */
  void estimates(QueryCode query, int level, int[] indices, int count) throws IOException {
    CodeCursor cursor = cursor();
    int words = segment.codes().levels()[level] / Long.SIZE;
    boolean captured = candidates.words() >= words;
    boolean dense = (long) count * SCATTERED_BELOW > span(indices, count);
    int stride = captured ? candidates.words() : words;
    int perVector = cursor.correctionsPerVector();
    int[] ords = new int[Math.min(count, CHECK_INTERVAL)];
    long[] codes = captured ? candidates.codes() : new long[ords.length * words];
    float[] corrections = new float[ords.length * perVector];
    for (int from = 0; from < count; from += CHECK_INTERVAL) {
      interrupt.run();
      int size = Math.min(CHECK_INTERVAL, count - from);
      for (int i = 0; i < size; i++) {
        ords[i] = candidates.ord(indices[from + i]);
      }
      if (captured == false) {
        read(ords, size, level, dense, codes);
      }
      cursor.readCorrections(ords, size, corrections);
      for (int i = 0; i < size; i++) {
        int index = indices[from + i];
        int at = (captured ? index : i) * stride;
        float estimate = query.estimate(level, codes, at, corrections, i * perVector);
        candidates.setScore(index, Similarities.scoreOfEstimate(segment.similarity(), estimate));
      }
    }
  }

  private void read(int[] ords, int count, int level, boolean dense, long[] into)
      throws IOException {
    if (dense == false) {
      cursor.readScattered(ords, count, level, into);
      return;
    }
    int words = into.length / ords.length;
    for (int i = 0; i < count; i++) {
      cursor.readCode(ords[i], level, into, i * words, 1);
    }
  }

  /** Ordinals between the first and the last candidate. */
  private int span(int[] indices, int count) {
    return count == 0 ? 0 : candidates.ord(indices[count - 1]) - candidates.ord(indices[0]) + 1;
  }

  /** By Hamming distance over the prefix up to a level. */
  void distances(QueryCode query, int level, int[] indices, int count) throws IOException {
    long[] code = new long[segment.codes().levels()[level] / Long.SIZE];
    for (int i = 0; i < count; i++) {
      check(i);
      cursor().readScattered(candidates.ord(indices[i]), level, code, 0);
      candidates.setScore(indices[i], -query.distance(level, code, 0));
    }
  }

  /** By the leading dimensions, or all of them. */
  void floats(int dims, int[] indices, int count) throws IOException {
    if (dims >= segment.dims()) {
      full(indices, count);
      return;
    }
    VectorSimilarityFunction similarity = segment.similarity();
    FloatVectorValues values = segment.values();
    float[] targetPrefix = Arrays.copyOf(target, dims);
    float targetSquare = VectorUtil.dotProduct(targetPrefix, targetPrefix);
    float[] prefix = new float[dims];
    for (int i = 0; i < count; i++) {
      check(i);
      System.arraycopy(values.vectorValue(candidates.ord(indices[i])), 0, prefix, 0, dims);
      candidates.setScore(
          indices[i], Similarities.scoreOfPrefix(similarity, targetPrefix, targetSquare, prefix));
    }
  }

  private void full(int[] indices, int count) throws IOException {
    if (full == null) {
      full = segment.exactScorer(target);
    }
    int[] ords = new int[Math.min(count, CHECK_INTERVAL)];
    float[] scores = new float[ords.length];
    for (int from = 0; from < count; from += CHECK_INTERVAL) {
      interrupt.run();
      int size = Math.min(CHECK_INTERVAL, count - from);
      for (int i = 0; i < size; i++) {
        ords[i] = candidates.ord(indices[from + i]);
      }
      full.score(ords, size, scores);
      for (int i = 0; i < size; i++) {
        candidates.setScore(indices[from + i], scores[i]);
      }
    }
  }

  private void check(int i) {
    if (i % CHECK_INTERVAL == 0) {
      interrupt.run();
    }
  }
}
