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

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;

/** All documents that a query has found, in ascending order, with their scores. */
final class Hits extends SimpleCollector {

  private static final float TOLERANCE = 1e-5f;

  private final float least;
  private int[] docs = new int[1024];
  private float[] scores = new float[1024];
  private int size;
  private int docBase;
  private Scorable scorer;

  private Hits(float least) {
    this.least = least;
  }

  /**
   * Runs a query.
   *
   * @param least score below which documents are dropped
   * @param nanos where to add the time
   */
  static Hits timed(IndexSearcher searcher, Query query, float least, long[] nanos, int at)
      throws IOException {
    long start = System.nanoTime();
    Hits hits =
        searcher.search(
            query,
            new CollectorManager<Hits, Hits>() {
              @Override
              public Hits newCollector() {
                return new Hits(least);
              }

              @Override
              public Hits reduce(Collection<Hits> collectors) {
                return collectors.iterator().next();
              }
            });
    nanos[at] += System.nanoTime() - start;
    return hits;
  }

  @Override
  protected void doSetNextReader(LeafReaderContext context) {
    docBase = context.docBase;
  }

  @Override
  public void setScorer(Scorable newScorer) {
    scorer = newScorer;
  }

  @Override
  public void collect(int doc) throws IOException {
    float score = scorer.score();
    if (score < least) {
      return;
    }
    if (size == docs.length) {
      docs = Arrays.copyOf(docs, 2 * size);
      scores = Arrays.copyOf(scores, 2 * size);
    }
    docs[size] = docBase + doc;
    scores[size++] = score;
  }

  @Override
  public ScoreMode scoreMode() {
    return ScoreMode.COMPLETE;
  }

  int size() {
    return size;
  }

  /** A copy. */
  float[] scores() {
    return Arrays.copyOf(scores, size);
  }

  /** How many documents others have found too. */
  int common(Hits others) {
    int common = 0;
    for (int i = 0; i < size; i++) {
      common += Arrays.binarySearch(others.docs, 0, others.size, docs[i]) >= 0 ? 1 : 0;
    }
    return common;
  }

  /** Checks against scores of another arithmetic: only rounding may make a difference. */
  void check(Hits others, float threshold) {
    int common = common(others);
    for (Hits hits : new Hits[] {this, others}) {
      Hits missing = hits == this ? others : this;
      for (int i = 0; i < hits.size && common < hits.size; i++) {
        boolean lost = Arrays.binarySearch(missing.docs, 0, missing.size, hits.docs[i]) < 0;
        if (lost && Math.abs(hits.scores[i] - threshold) > TOLERANCE) {
          throw new IllegalStateException("one way only: " + hits.docs[i]);
        }
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Hits hits
        && Arrays.equals(docs, 0, size, hits.docs, 0, hits.size)
        && Arrays.equals(scores, 0, size, hits.scores, 0, hits.size);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(docs);
  }
}
