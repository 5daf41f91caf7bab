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
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.util.FixedBitSet;

/**
 * Iterates the matches of one segment for a query that has other clauses: the approximation is all
 * documents with a vector, and a document is looked at when the other clauses agree on it.
 */
final class FindAllScorer extends Scorer {

  /** Comparing a vector is about as dear as checking this many simple values. */
  private static final float MATCH_COST = 200;

  private final SegmentMatcher matcher;
  private final KnnVectorValues.DocIndexIterator vectors;
  private final int blockSize;
  private final float boost;
  private final TwoPhaseIterator twoPhase;
  private final FixedBitSet candidates;
  private final int[] ords;
  private int block = -1;

  /**
   * @param blockSize vectors that bounds are computed for together
   */
  FindAllScorer(
      SegmentMatcher matcher,
      KnnVectorValues.DocIndexIterator vectors,
      int blockSize,
      float boost) {
    this.matcher = matcher;
    this.vectors = vectors;
    this.blockSize = blockSize;
    this.boost = boost;
    this.candidates = new FixedBitSet(blockSize);
    this.ords = new int[blockSize];
    this.twoPhase =
        new TwoPhaseIterator(vectors) {
          @Override
          public boolean matches() throws IOException {
            return FindAllScorer.this.matches();
          }

          @Override
          public float matchCost() {
            return MATCH_COST;
          }
        };
  }

  /** Whether the document that the vectors are at matches. */
  boolean matches() throws IOException {
    int ord = vectors.index();
    boolean candidate = isCandidate(ord);
    if (matcher.mayMiss()) {
      matcher.asked(1);
    }
    return candidate && matcher.matches(ord);
  }

  private boolean isCandidate(int ord) throws IOException {
    if (ord / blockSize != block) {
      block = ord / blockSize;
      int first = block * blockSize;
      int found = matcher.candidates(first, Math.min(blockSize, matcher.size() - first), ords);
      candidates.clear();
      for (int i = 0; i < found; i++) {
        candidates.set(ords[i] - first);
      }
    }
    return candidates.get(ord % blockSize);
  }

  @Override
  public TwoPhaseIterator twoPhaseIterator() {
    return twoPhase;
  }

  @Override
  public DocIdSetIterator iterator() {
    return TwoPhaseIterator.asDocIdSetIterator(twoPhase);
  }

  @Override
  public int docID() {
    return vectors.docID();
  }

  @Override
  public float score() {
    return matcher.score() * boost;
  }

  @Override
  public float getMaxScore(int upTo) {
    return Float.POSITIVE_INFINITY;
  }
}
