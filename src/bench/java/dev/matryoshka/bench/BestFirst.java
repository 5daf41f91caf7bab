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

import org.apache.lucene.util.LongHeap;
import org.apache.lucene.util.NumericUtils;

/** Keeps the documents of the highest scores, ties to the lowest number. */
public final class BestFirst {

  private final LongHeap heap;
  private final int depth;

  public BestFirst(int depth) {
    this.depth = depth;
    this.heap = new LongHeap(depth);
  }

  /** Takes a document if it is among the best so far. */
  public void offer(float score, int document) {
    long key =
        (long) NumericUtils.floatToSortableInt(score) << Integer.SIZE | ~document & 0xffffffffL;
    if (heap.size() < depth) {
      heap.push(key);
    } else if (key > heap.top()) {
      heap.updateTop(key);
    }
  }

  /** The documents, best first; empties this. */
  public int[] documents() {
    int[] documents = new int[heap.size()];
    for (int i = documents.length - 1; i >= 0; i--) {
      documents[i] = ~(int) heap.pop();
    }
    return documents;
  }
}
