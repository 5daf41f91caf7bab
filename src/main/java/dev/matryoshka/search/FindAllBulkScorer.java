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
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.util.Bits;

/** Collects the matches of one segment, for a query that stands alone, a block at a time. */
final class FindAllBulkScorer extends BulkScorer {

  private final SegmentMatcher matcher;
  private final KnnVectorValues.DocIndexIterator vectors;
  private final boolean dense;
  private final float boost;
  private final int[] docs = new int[SegmentMatcher.BLOCK];
  private final int[] ords = new int[SegmentMatcher.BLOCK];
  private final float[] scores = new float[SegmentMatcher.BLOCK];
  private float score;

  /**
   * @param dense whether all documents of the segment have a vector
   */
  FindAllBulkScorer(
      SegmentMatcher matcher,
      KnnVectorValues.DocIndexIterator vectors,
      boolean dense,
      float boost) {
    this.matcher = matcher;
    this.dense = dense;
    this.vectors = vectors;
    this.boost = boost;
  }

  @Override
  public int score(LeafCollector collector, Bits acceptDocs, int min, int max) throws IOException {
    collector.setScorer(
        new Scorable() {
          @Override
          public float score() {
            return score;
          }
        });
    int doc = vectors.docID() < min ? vectors.advance(min) : vectors.docID();
    while (doc < max) {
      int first = vectors.index();
      int count = 0;
      if (dense) {
        int end = Math.min(Math.min(max, matcher.size()), doc + docs.length);
        for (; doc < end; doc++) {
          docs[count++] = doc;
        }
        doc = doc < matcher.size() ? vectors.advance(doc) : DocIdSetIterator.NO_MORE_DOCS;
      } else {
        for (; doc < max && count < docs.length; doc = vectors.nextDoc()) {
          docs[count++] = doc;
        }
      }
      if (anyAccepted(acceptDocs, count)) {
        collect(collector, acceptDocs, first, count);
      }
    }
    return doc == DocIdSetIterator.NO_MORE_DOCS ? doc : Math.max(doc, max);
  }

  private boolean anyAccepted(Bits acceptDocs, int count) {
    boolean any = acceptDocs == null;
    for (int i = 0; i < count && any == false; i++) {
      any = acceptDocs.get(docs[i]);
    }
    return any;
  }

  private void collect(LeafCollector collector, Bits acceptDocs, int first, int count)
      throws IOException {
    int found = matcher.candidates(first, count, ords);
    int accepted = 0;
    for (int i = 0; i < found; i++) {
      if (acceptDocs == null || acceptDocs.get(docs[ords[i] - first])) {
        ords[accepted++] = ords[i];
      }
    }
    int matches = matcher.matches(ords, accepted, scores);
    for (int i = 0; i < matches; i++) {
      score = scores[i] * boost;
      collector.collect(docs[ords[i] - first]);
    }
  }

  @Override
  public long cost() {
    return matcher.size();
  }
}
