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

import dev.matryoshka.binary.HammingKernels;
import dev.matryoshka.binary.HammingSelector;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.util.Bits;

/** The loop of a scan over blocks of codes, with its scratch. For one thread. */
final class BlockScan {

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;

  private final CodeCursor cursor;
  private final QueryCode query;
  private final int level;
  private final Bits accept;
  private final Runnable interrupt;
  private final long[] distances = new long[BLOCK];
  private final int[] hits = new int[BLOCK];

  /**
   * @param accept accepted ordinals, or null for all
   * @param interrupt run for every block; throws to stop the scan
   */
  BlockScan(SegmentCodes codes, QueryCode query, int level, Bits accept, Runnable interrupt)
      throws IOException {
    this.cursor = codes.cursor();
    this.query = query;
    this.level = level;
    this.accept = accept;
    this.interrupt = interrupt;
  }

  /** Computes the distances of a block, and finds those up to a threshold. */
  private int nearest(int b, long threshold) throws IOException {
    interrupt.run();
    if (level == 0) {
      return cursor.nearest(b, query.words(), threshold, distances, hits);
    }
    Arrays.fill(distances, 0);
    int word = 0;
    for (int l = 0; l <= level; l++) {
      cursor.addDistances(l, b, query.words(), word, query.weight(l, level), distances);
      word += cursor.words(l);
    }
    return HammingKernels.INSTANCE.select(distances, cursor.count(b), threshold, hits);
  }

  /** Offers the accepted codes of a range of blocks. */
  void offer(int fromBlock, int toBlock, HammingSelector selector) throws IOException {
    for (int b = fromBlock; b < toBlock; b++) {
      int found = nearest(b, selector.threshold());
      int base = b * BLOCK;
      for (int i = 0; i < found; i++) {
        int lane = hits[i];
        if (distances[lane] <= selector.threshold()
            && (accept == null || accept.get(base + lane))) {
          int room = selector.add(base + lane, (int) distances[lane]);
          if (selector.captures()) {
            cursor.readCode(base + lane, level, selector.codes(), room, 1);
          }
        }
      }
    }
  }
}
