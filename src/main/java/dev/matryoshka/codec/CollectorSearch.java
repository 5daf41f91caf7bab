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

import dev.matryoshka.binary.HammingSelector;
import java.io.IOException;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.KnnCollector;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.hnsw.RandomVectorScorer;

/** Answers Lucene's own vector queries, which know nothing of stages. */
final class CollectorSearch {

  private static final int MIN_KEEP = 500;
  private static final int KEEP_PER_HIT = 20;

  private CollectorSearch() {}

  /**
   * Collects the nearest accepted vectors.
   *
   * @param codes the segment's codes, or null to score every accepted vector
   */
  static void search(
      SegmentCodes codes,
      float[] target,
      RandomVectorScorer scorer,
      KnnCollector collector,
      AcceptDocs acceptDocs)
      throws IOException {
    if (collector.k() == 0 || scorer.maxOrd() == 0) {
      return;
    }
    Bits accept = scorer.getAcceptOrds(acceptDocs.bits());
    long keep = Math.max(MIN_KEEP, (long) KEEP_PER_HIT * collector.k());
    if (codes == null || Math.min(acceptDocs.cost(), scorer.maxOrd()) <= keep) {
      for (int ord = 0; ord < scorer.maxOrd(); ord++) {
        if ((accept == null || accept.get(ord)) && collect(scorer, ord, collector) == false) {
          return;
        }
      }
      return;
    }
    HammingSelector nearest =
        CodeScan.scanAll(
            codes,
            codes.encode(target),
            codes.levels().length - 1,
            Math.toIntExact(keep),
            false,
            () -> accept,
            () -> {},
            new TaskExecutor(Runnable::run));
    for (int i = 0; i < nearest.size(); i++) {
      if (collect(scorer, nearest.position(i), collector) == false) {
        return;
      }
    }
  }

  private static boolean collect(RandomVectorScorer scorer, int ord, KnnCollector collector)
      throws IOException {
    if (collector.earlyTerminated()) {
      return false;
    }
    collector.collect(scorer.ordToDoc(ord), scorer.score(ord));
    collector.incVisitedCount(1);
    return true;
  }
}
