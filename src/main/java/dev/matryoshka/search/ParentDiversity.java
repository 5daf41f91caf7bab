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
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.join.BitSetProducer;
import org.apache.lucene.util.BitSet;
import org.apache.lucene.util.SparseFixedBitSet;

/** Chooses among nested vectors so that every parent document is represented once. */
final class ParentDiversity {

  private ParentDiversity() {}

  /**
   * The best child of each of the best parents.
   *
   * @param keys scored children
   * @return keys of at most k children, best first
   */
  static long[] best(long[] keys, int k, IndexReader reader, BitSetProducer parents)
      throws IOException {
    List<LeafReaderContext> leaves = reader.leaves();
    BitSet[] parentBits = new BitSet[leaves.size()];
    BitSet seen = new SparseFixedBitSet(reader.maxDoc());
    long[] best = new long[Math.min(k, keys.length)];
    int found = 0;
    long[] sorted = keys.clone();
    Arrays.sort(sorted);
    for (int i = 0; i < sorted.length && found < best.length; i++) {
      int doc = CandidateKeys.doc(sorted[i]);
      int leaf = ReaderUtil.subIndex(doc, leaves);
      if (parentBits[leaf] == null) {
        BitSet bits = parents.getBitSet(leaves.get(leaf));
        parentBits[leaf] = bits == null ? new SparseFixedBitSet(1) : bits;
      }
      int docBase = leaves.get(leaf).docBase;
      int parent = parentOf(doc - docBase, parentBits[leaf]);
      if (parent >= 0 && seen.getAndSet(docBase + parent) == false) {
        best[found++] = sorted[i];
      }
    }
    return Arrays.copyOf(best, found);
  }

  /** The parent, or -1 where none follows: a query may stand in the scope of a path not its own. */
  private static int parentOf(int child, BitSet parents) {
    int parent =
        child < parents.length() ? parents.nextSetBit(child) : DocIdSetIterator.NO_MORE_DOCS;
    return parent == DocIdSetIterator.NO_MORE_DOCS ? -1 : parent;
  }
}
