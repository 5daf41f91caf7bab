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

import dev.matryoshka.search.Cancellation;
import dev.matryoshka.search.MatryoshkaQuery;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.List;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;

/** Runs the plugin's query for many vectors. */
final class FunnelSearcher {

  private FunnelSearcher() {}

  /**
   * Searches.
   *
   * @param stages null for the default ones
   * @return for each query the documents found, best first
   */
  static int[][] search(VectorIndex index, float[][] queries, int k, List<Stage> stages)
      throws IOException {
    IndexSearcher searcher = index.searcher();
    int[][] found = new int[queries.length][];
    for (int q = 0; q < queries.length; q++) {
      MatryoshkaQuery query =
          new MatryoshkaQuery(
              VectorIndex.FIELD, queries[q], k, null, stages, null, Cancellation.NONE);
      ScoreDoc[] hits = searcher.search(query, k).scoreDocs;
      found[q] = new int[hits.length];
      for (int i = 0; i < hits.length; i++) {
        found[q][i] = hits[i].doc;
      }
    }
    return found;
  }
}
