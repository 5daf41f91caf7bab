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
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;

/**
 * The first stage: the codes of a segment that are nearest to a query by Hamming distance.
 * Stateless.
 */
public final class CodeScan {

  private CodeScan() {}

  /**
   * Compares every code of the segment, and asks whether a vector is accepted only once it is near
   * enough.
   *
   * @param codes the segment
   * @param query its query
   * @param level prefix of the codes to compare
   * @param keep codes to keep, at least 1
   * @param accept accepted ordinals, or null for all
   * @param interrupt run for every block of 512 codes; throws to stop the scan
   */
  public static HammingSelector scanAll(
      SegmentCodes codes, QueryCode query, int level, int keep, Bits accept, Runnable interrupt)
      throws IOException {
    HammingKernels kernels = HammingKernels.INSTANCE;
    CodeCursor cursor = codes.cursor();
    int bits = codes.levels()[level];
    HammingSelector selector =
        new HammingSelector(keep, query.maxDistance(level), bits / Long.SIZE, codes.size());
    long[] block = new long[MatryoshkaVectorsFormat.BLOCK * (bits / Long.SIZE)];
    long[] part = level == 0 ? block : new long[block.length];
    long[] distances = new long[MatryoshkaVectorsFormat.BLOCK];
    int[] hits = new int[MatryoshkaVectorsFormat.BLOCK];
    for (int b = 0; b < cursor.blocks(); b++) {
      interrupt.run();
      int count = cursor.count(b);
      Arrays.fill(distances, 0);
      int word = 0;
      for (int l = 0; l <= level; l++) {
        int words = cursor.words(l);
        cursor.readBlock(l, b, part);
        kernels.addDistances(
            part, count, words, query.words(), word, query.weight(l, level), distances);
        if (level > 0) {
          System.arraycopy(part, 0, block, word * count, words * count);
        }
        word += words;
      }
      int found = kernels.select(distances, count, selector.threshold(), hits);
      int base = b * MatryoshkaVectorsFormat.BLOCK;
      for (int i = 0; i < found; i++) {
        int lane = hits[i];
        if (distances[lane] <= selector.threshold()
            && (accept == null || accept.get(base + lane))) {
          selector.add(base + lane, (int) distances[lane], block, lane, count);
        }
      }
    }
    selector.finish();
    return selector;
  }

  /**
   * Compares only accepted codes, fetched one by one: cheaper than {@link #scanAll} when few are.
   *
   * @param values the segment's vectors, to find ordinals by
   * @param accepted accepted documents
   * @param expected at least as many as there are
   */
  public static HammingSelector scanAccepted(
      SegmentCodes codes,
      QueryCode query,
      int level,
      int keep,
      KnnVectorValues.DocIndexIterator values,
      DocIdSetIterator accepted,
      int expected,
      Runnable interrupt)
      throws IOException {
    CodeCursor cursor = codes.cursor();
    int bits = codes.levels()[level];
    int words = bits / Long.SIZE;
    HammingSelector selector = new HammingSelector(keep, query.maxDistance(level), words, expected);
    long[] code = new long[words];
    int visited = 0;
    for (int doc = accepted.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = accepted.nextDoc()) {
      if ((++visited & 0x1ff) == 0) {
        interrupt.run();
      }
      int found = values.docID() < doc ? values.advance(doc) : values.docID();
      if (found != doc) {
        continue;
      }
      cursor.readScattered(values.index(), level, code, 0);
      int distance = query.distance(level, code, 0);
      if (distance <= selector.threshold()) {
        selector.add(values.index(), distance, code, 0, 1);
      }
    }
    selector.finish();
    return selector;
  }
}
