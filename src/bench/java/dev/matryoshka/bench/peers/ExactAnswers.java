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
package dev.matryoshka.bench.peers;

import dev.matryoshka.terminal.ProgressBar;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.lucene.util.VectorUtil;
import org.apache.lucene.util.hnsw.FloatHeap;

/**
 * How similar a document needs to be to a query to be among the best, under each filter, from a
 * comparison of all with all. Documents are made block by block, so that their number does not
 * matter to the heap. Thread-safe.
 */
final class ExactAnswers {

  /** The largest k. */
  static final int DEPTH = 100;

  /** Similarities this close are equal: orders of summation differ. */
  private static final float TIE = 1e-6f;

  private static final int BLOCK = 1024;

  private final Documents documents;
  private final float[][] queries;

  /** Similarities in ascending order, by query and filter. */
  private final float[][][] best;

  private ExactAnswers(Documents documents, float[][] queries, float[][][] best) {
    this.documents = documents;
    this.queries = queries;
    this.best = best;
  }

  static ExactAnswers compute(Documents documents, float[][] queries, PrintStream progress) {
    Filter[] filters = Filter.values();
    FloatHeap[][] heaps = new FloatHeap[queries.length][filters.length];
    for (FloatHeap[] ofQuery : heaps) {
      Arrays.setAll(ofQuery, f -> new FloatHeap(DEPTH));
    }
    try (ProgressBar bar = new ProgressBar(progress, "Comparing", documents.size(), 0)) {
      for (int from = 0; from < documents.size(); from += BLOCK) {
        int first = from;
        int count = Math.min(BLOCK, documents.size() - from);
        float[][] vectors = new float[count][];
        Arrays.parallelSetAll(vectors, i -> documents.vector(first + i));
        IntStream.range(0, queries.length)
            .parallel()
            .forEach(q -> offer(queries[q], vectors, first, heaps[q]));
        bar.advance(count);
      }
    }
    float[][][] best = new float[queries.length][filters.length][];
    for (int q = 0; q < queries.length; q++) {
      for (int f = 0; f < filters.length; f++) {
        best[q][f] = heaps[q][f].getHeap();
        Arrays.sort(best[q][f]);
      }
    }
    return new ExactAnswers(documents, queries, best);
  }

  private static void offer(float[] query, float[][] vectors, int first, FloatHeap[] heaps) {
    Filter[] filters = Filter.values();
    for (int i = 0; i < vectors.length; i++) {
      float similarity = VectorUtil.dotProduct(query, vectors[i]);
      for (int f = 0; f < filters.length && filters[f].accepts(first + i); f++) {
        heaps[f].offer(similarity);
      }
    }
  }

  /**
   * The share of the best k that was found: hits count that are as similar as the k-th best, ties
   * included.
   *
   * @param hits at most k documents
   * @return NaN when the filter accepts no document
   */
  double recall(int query, Filter filter, int k, int[] hits) {
    float[] ascending = best[query][filter.ordinal()];
    int possible = Math.min(k, ascending.length);
    if (possible == 0) {
      return Double.NaN;
    }
    float least = ascending[ascending.length - possible] - TIE;
    int found = 0;
    for (int hit : hits) {
      if (VectorUtil.dotProduct(queries[query], documents.vector(hit)) >= least) {
        found++;
      }
    }
    return (double) Math.min(found, possible) / possible;
  }
}
