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
package dev.matryoshka.audit;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.search.ConjunctionUtils;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;

/**
 * Draws vectors out of a searcher. Every vector has a pseudo-random key, and those with the least
 * keys are drawn; the least keys of several searchers together are a sample of all of them. The
 * same seed draws the same vectors as long as the segments stay the same. Stateless.
 */
public final class VectorSampler {

  private static final int CHECK_INTERVAL = 1 << 14;

  private VectorSampler() {}

  /**
   * What was drawn.
   *
   * @param total live vectors to draw from
   * @param drawn in ascending order of keys
   */
  public record Sample(int total, List<Drawn> drawn) {}

  /**
   * A vector.
   *
   * @param doc numbered as in the searcher
   * @param vector a copy
   */
  public record Drawn(long key, int doc, float[] vector) {}

  private record Key(long key, int doc) {}

  /**
   * Draws vectors of live documents.
   *
   * @param filter documents to draw from, or null for all
   * @param size most vectors to draw, at least 1
   * @param interrupt run every ten thousand documents or so; throws to stop
   */
  public static Sample draw(
      IndexSearcher searcher, String field, Query filter, int size, long seed, Runnable interrupt)
      throws IOException {
    PriorityQueue<Key> least = new PriorityQueue<>(Comparator.comparingLong(Key::key).reversed());
    Weight weight =
        filter == null
            ? null
            : searcher.createWeight(searcher.rewrite(filter), ScoreMode.COMPLETE_NO_SCORES, 1f);
    int total = 0;
    for (LeafReaderContext leaf : searcher.getLeafContexts()) {
      FloatVectorValues values = leaf.reader().getFloatVectorValues(field);
      DocIdSetIterator docs = values == null ? null : accepted(leaf, values, weight);
      if (docs == null) {
        continue;
      }
      Bits live = leaf.reader().getLiveDocs();
      for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
        if (live != null && live.get(doc) == false) {
          continue;
        }
        if (total++ % CHECK_INTERVAL == 0) {
          interrupt.run();
        }
        long key = key(seed + leaf.docBase + doc);
        if (least.size() < size || key < least.peek().key) {
          least.add(new Key(key, leaf.docBase + doc));
          if (least.size() > size) {
            least.remove();
          }
        }
      }
    }
    Key[] drawn = least.toArray(Key[]::new);
    Arrays.sort(drawn, Comparator.comparingInt(Key::doc));
    return new Sample(total, read(searcher, field, drawn));
  }

  private static DocIdSetIterator accepted(
      LeafReaderContext leaf, FloatVectorValues values, Weight filter) throws IOException {
    if (filter == null) {
      return values.iterator();
    }
    Scorer scorer = filter.scorer(leaf);
    return scorer == null
        ? null
        : ConjunctionUtils.intersectIterators(List.of(scorer.iterator(), values.iterator()));
  }

  private static List<Drawn> read(IndexSearcher searcher, String field, Key[] byDoc)
      throws IOException {
    List<LeafReaderContext> leaves = searcher.getLeafContexts();
    Drawn[] drawn = new Drawn[byDoc.length];
    for (int i = 0; i < byDoc.length; i++) {
      LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(byDoc[i].doc, leaves));
      FloatVectorValues values = leaf.reader().getFloatVectorValues(field);
      var iterator = values.iterator();
      iterator.advance(byDoc[i].doc - leaf.docBase);
      float[] vector = values.vectorValue(iterator.index()).clone();
      drawn[i] = new Drawn(byDoc[i].key, byDoc[i].doc, vector);
    }
    Arrays.sort(drawn, Comparator.comparingLong(Drawn::key));
    return List.of(drawn);
  }

  /** A pseudo-random key, by the finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
  public static long key(long z) {
    z *= 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
