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

import dev.matryoshka.codec.CandidateKeys;
import java.io.IOException;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.search.join.BitSetProducer;

/**
 * Which of the documents scored so far are the answer: the k best, or the best children of k
 * parents. Immutable.
 *
 * @param reader what is searched; null without parents
 * @param parents the parent documents of nested vectors, or null
 */
record Wanted(int k, IndexReader reader, BitSetProducer parents) {

  /** The k best documents. */
  static Wanted documents(int k) {
    return new Wanted(k, null, null);
  }

  /**
   * The score that another document has to exceed to get into the answer, or negative infinity
   * while there is room.
   *
   * @param keys {@linkplain CandidateKeys keys} of all that were scored; reordered
   */
  float least(long[] keys) throws IOException {
    long[] best = keys;
    if (parents != null) {
      best = ParentDiversity.best(keys, k, reader, parents);
    }
    if (best.length < k) {
      return Float.NEGATIVE_INFINITY;
    }
    CandidateKeys.select(best, best.length, k);
    return CandidateKeys.score(best[k - 1]);
  }
}
