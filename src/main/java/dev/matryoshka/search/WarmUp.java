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

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.IndexSearcher;

/**
 * Searches for some of the vectors that an index has, so that what searches run on is compiled and
 * codes and rotations are in memory before the first user comes. Stateless.
 */
public final class WarmUp {

  /** What most searches want, and a good many. */
  private static final int[] HITS = {10, 100};

  private WarmUp() {}

  /**
   * Searches all fields that have codes, in turns.
   *
   * @param searcher of whole segments, no documents hidden
   * @param searches in each field, at least 1
   * @param goOn asked before each search
   * @return searches that ran
   */
  public static int run(IndexSearcher searcher, int searches, BooleanSupplier goOn)
      throws IOException {
    List<SegmentView> segments = largestSegments(searcher);
    int ran = 0;
    for (int i = 0; i < searches; i++) {
      for (SegmentView segment : segments) {
        if (goOn.getAsBoolean() == false) {
          return ran;
        }
        int ord = (int) ((long) i * segment.size() / searches);
        search(searcher, segment, ord, HITS[i % HITS.length]);
        ran++;
      }
    }
    return ran;
  }

  /** Of each field that has codes, the segment with most vectors. */
  private static List<SegmentView> largestSegments(IndexSearcher searcher) throws IOException {
    Map<String, SegmentView> largest = new TreeMap<>();
    for (LeafReaderContext context : searcher.getLeafContexts()) {
      for (FieldInfo info : context.reader().getFieldInfos()) {
        SegmentView segment = SegmentView.open(context, info.name);
        if (segment != null && segment.codes() != null) {
          largest.merge(info.name, segment, (a, b) -> a.size() >= b.size() ? a : b);
        }
      }
    }
    return List.copyOf(largest.values());
  }

  private static void search(IndexSearcher searcher, SegmentView segment, int ord, int k)
      throws IOException {
    float[] target = segment.values().vectorValue(ord).clone();
    searcher.search(
        new MatryoshkaQuery(segment.field(), target, k, null, null, null, Cancellation.NONE), k);
  }
}
