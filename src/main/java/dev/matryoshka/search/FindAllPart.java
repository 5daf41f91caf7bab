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
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.Bits;

/** Finds the matches among adjacent vectors, for a {@link FindAllBulkScorer}. Not thread-safe. */
final class FindAllPart {

  private static final int BLOCK = SegmentMatcher.BLOCK;

  /** One vector in so many shows how many are accepted. */
  private static final int EVERY = 16;

  private final SegmentMatcher matcher;
  private final int[] ords = new int[BLOCK];
  private final float[] ofBlock = new float[BLOCK];
  private int[] docs = new int[BLOCK];
  private float[] scores = new float[BLOCK];
  private int found;
  private int collected;

  FindAllPart(SegmentMatcher matcher) {
    this.matcher = matcher;
  }

  /** Another one, for another thread. */
  FindAllPart fork() throws IOException {
    return new FindAllPart(matcher.fork());
  }

  /**
   * Finds all matches, block by block.
   *
   * @param first ordinal to begin with
   * @param count vectors to look at
   * @param documents theirs, of which {@code offset} is the first one's; null where a document has
   *     the number of its vector
   * @param accepted documents that may match, or null for all
   */
  void find(int first, int count, int[] documents, int offset, Bits accepted) throws IOException {
    found = 0;
    collected = 0;
    for (int at = 0; at < count; at += BLOCK) {
      int size = Math.min(BLOCK, count - at);
      findInBlock(first + at, size, documents, offset + at, accepted);
    }
  }

  private void findInBlock(int first, int count, int[] documents, int offset, Bits accepted)
      throws IOException {
    if (anyAccepted(first, count, documents, offset, accepted) == false) {
      return;
    }
    int candidates = matcher.candidates(first, count, ords);
    if (matcher.mayMiss()) {
      matcher.asked(acceptedOf(first, count, documents, offset, accepted));
    }
    if (accepted != null) {
      int left = 0;
      for (int i = 0; i < candidates; i++) {
        if (accepted.get(document(ords[i], first, documents, offset))) {
          ords[left++] = ords[i];
        }
      }
      candidates = left;
    }
    int matches = matcher.matches(ords, candidates, ofBlock);
    docs = ArrayUtil.grow(docs, found + matches);
    scores = ArrayUtil.grow(scores, found + matches);
    for (int i = 0; i < matches; i++) {
      docs[found] = document(ords[i], first, documents, offset);
      scores[found++] = ofBlock[i];
    }
  }

  /** The next match that was not collected; there must be one. */
  int nextDoc() {
    return docs[collected];
  }

  private static int document(int ord, int first, int[] documents, int offset) {
    return documents == null ? ord : documents[offset + ord - first];
  }

  private static boolean anyAccepted(
      int first, int count, int[] documents, int offset, Bits accepted) {
    boolean any = accepted == null;
    for (int ord = first; ord < first + count && any == false; ord++) {
      any = accepted.get(document(ord, first, documents, offset));
    }
    return any;
  }

  /** About how many; asking about all of them would take as long as choosing among them. */
  private static int acceptedOf(int first, int count, int[] documents, int offset, Bits accepted) {
    if (accepted == null) {
      return count;
    }
    int among = 0;
    for (int ord = first; ord < first + count; ord += EVERY) {
      among += accepted.get(document(ord, first, documents, offset)) ? 1 : 0;
    }
    return Math.min(count, among * EVERY);
  }

  /** Where the collector finds the score of the document that it is given. */
  interface ScoreSink {
    void set(float score);
  }

  /**
   * Hands over what was found in a window, in order, and drops what comes before.
   *
   * @return whether nothing is left for later windows
   */
  boolean collect(LeafCollector collector, ScoreSink sink, int min, int max) throws IOException {
    while (collected < found && docs[collected] < max) {
      int at = collected++;
      if (docs[at] >= min) {
        sink.set(scores[at]);
        collector.collect(docs[at]);
      }
    }
    return collected == found;
  }
}
