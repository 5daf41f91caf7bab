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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.Bits;

/**
 * Collects the matches of one segment, for a query that stands alone. Looks at some sixty thousand
 * vectors in parallel, whatever the window it is asked for, and keeps what it finds for the windows
 * to come: Elasticsearch asks for a few thousand documents at a time, between which threads would
 * wait for each other.
 */
final class FindAllBulkScorer extends BulkScorer {

  /** Vectors that are worth a task: ruling them out takes some 100 µs. */
  private static final int WORTH_A_TASK = 4096;

  private static final int MAX_PARTS = 8;

  /** Vectors looked at together, which bounds the heap that matches take. */
  private static final int MAX_VECTORS = 1 << 16;

  /**
   * Times as many as before are looked at, where not all matches are wanted: whoever wants the
   * first only is soon done.
   */
  private static final int GROWTH = 16;

  private final TaskExecutor executor;
  private final KnnVectorValues.DocIndexIterator vectors;
  private final int size;
  private final boolean dense;
  private final int growth;
  private final float boost;
  private final List<FindAllPart> parts = new ArrayList<>();
  private int[] docs = new int[0];

  /** Few at first: they show what the query needs to be prepared, which further parts take over. */
  private int next = SegmentMatcher.BLOCK;

  private int used;
  private int collected;
  private float score;

  /**
   * @param dense whether all documents of the segment have a vector
   * @param all whether every match is wanted, unless the search is broken off
   */
  FindAllBulkScorer(
      SegmentMatcher matcher,
      TaskExecutor executor,
      KnnVectorValues.DocIndexIterator vectors,
      boolean dense,
      boolean all,
      float boost) {
    this.executor = executor;
    this.vectors = vectors;
    this.size = matcher.size();
    this.dense = dense;
    this.growth = all ? MAX_VECTORS : GROWTH;
    this.boost = boost;
    parts.add(new FindAllPart(matcher));
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
    while (true) {
      for (; collected < used; collected++) {
        if (parts.get(collected).collect(collector, this::setScore, min, max) == false) {
          // Exclusions ask no further than that for documents that none of ours is among.
          return Math.max(max, parts.get(collected).nextDoc());
        }
      }
      int doc = vectors.docID() < min ? vectors.advance(min) : vectors.docID();
      if (doc >= max) {
        return doc;
      }
      findFrom(doc, acceptDocs);
    }
  }

  private void setScore(float found) {
    score = found * boost;
  }

  private void findFrom(int from, Bits acceptDocs) throws IOException {
    int first = vectors.index();
    int count = 0;
    if (dense) {
      count = Math.min(next, size - from);
      vectors.advance(from + count);
    } else {
      for (int doc = from;
          doc != DocIdSetIterator.NO_MORE_DOCS && count < next;
          doc = vectors.nextDoc()) {
        docs = ArrayUtil.grow(docs, count + 1);
        docs[count++] = doc;
      }
    }
    next = (int) Math.min(MAX_VECTORS, (long) growth * next);
    used = find(first, count, acceptDocs);
    collected = 0;
  }

  /** Returns how many parts have looked. */
  private int find(int first, int count, Bits acceptDocs) throws IOException {
    int wanted = Math.clamp(count / WORTH_A_TASK, 1, MAX_PARTS);
    while (parts.size() < wanted) {
      parts.add(parts.getFirst().fork());
    }
    List<Callable<Void>> tasks = new ArrayList<>(wanted);
    for (int p = 0; p < wanted; p++) {
      FindAllPart part = parts.get(p);
      int from = (int) ((long) count * p / wanted);
      int to = (int) ((long) count * (p + 1) / wanted);
      tasks.add(
          () -> {
            part.find(first + from, to - from, dense ? null : docs, from, acceptDocs);
            return null;
          });
    }
    executor.invokeAll(tasks);
    return wanted;
  }

  @Override
  public long cost() {
    return size;
  }
}
