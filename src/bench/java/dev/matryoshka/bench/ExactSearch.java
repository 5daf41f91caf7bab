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
package dev.matryoshka.bench;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.lucene.util.VectorUtil;

/** The similarity of every query to every document: what all searches are measured against. */
final class ExactSearch {

  /** Similarities this close are equal: orders of summation differ. */
  private static final float TIE = 1e-6f;

  private final float[][] similarities;

  ExactSearch(float[][] documents, float[][] queries) {
    similarities = new float[queries.length][documents.length];
    for (int d = 0; d < documents.length; d++) {
      for (int q = 0; q < queries.length; q++) {
        similarities[q][d] = VectorUtil.dotProduct(queries[q], documents[d]);
      }
    }
  }

  int queries() {
    return similarities.length;
  }

  int documents() {
    return similarities[0].length;
  }

  float similarity(int query, int document) {
    return similarities[query][document];
  }

  /** The similarity that a document needs to be among the best k; ties are no loss. */
  float threshold(int query, int k) {
    float[] sorted = similarities[query].clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - k] - TIE;
  }

  /** Documents from the most similar one on. */
  int[] best(int query, int k) {
    float[] row = similarities[query];
    return IntStream.range(0, row.length)
        .boxed()
        .sorted((a, b) -> Float.compare(row[b], row[a]))
        .limit(k)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
