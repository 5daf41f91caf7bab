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
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.search.AcceptDocs;

/**
 * What the first stage of a funnel and exact search make of every accepted document, of which a
 * search only ever sees the best. Takes about {@value #BYTES_PER_DOCUMENT} bytes of heap for each
 * accepted document. Belongs to one query; not thread-safe.
 */
final class FirstStageRanking {

  /** Depth to which the first stage's order is compared with the exact one. */
  static final int CORRELATED = 1000;

  /** Upper bound of what is held at a time. */
  static final int BYTES_PER_DOCUMENT = 64;

  private final int[] docs;
  private final float[] exact;

  /** By {@link CandidateKeys}, with positions in {@link #docs} for documents: best first. */
  private final long[] exactOrder;

  private final long[] coarseOrder;

  /** Rank in its own segment, where this is what decides first; null elsewhere. */
  private final int[] segmentRanks;

  private final int uncoded;

  private FirstStageRanking(
      int[] docs, float[] exact, float[] coarse, int[] segmentRanks, int uncoded) {
    this.docs = docs;
    this.uncoded = uncoded;
    this.exact = exact;
    this.segmentRanks = segmentRanks;
    this.exactOrder = order(exact, 0, exact.length);
    this.coarseOrder = order(coarse, 0, coarse.length);
  }

  /**
   * Scores everything twice.
   *
   * @param funnel whose first stage is looked at
   * @param accept accepted documents of each segment
   */
  static FirstStageRanking of(
      List<SegmentView> views,
      float[] target,
      Funnel funnel,
      List<AcceptDocs> accept,
      Runnable interrupt)
      throws IOException {
    Stage first = funnel.first();
    boolean bySegment = first.kind() == Stage.Kind.HAMMING && views.size() > 1;
    int[] docs = {};
    float[] exact = {};
    float[] coarse = {};
    int[] ranks = {};
    int uncoded = 0;
    QueryCodes codes = new QueryCodes(target);
    for (int s = 0; s < views.size(); s++) {
      SegmentView view = views.get(s);
      SegmentSearch search = new SegmentSearch(view, codes, interrupt, FunnelProbe.SAME_THREAD);
      search.scan(Stage.floats(view.dims(), Integer.MAX_VALUE), accept.get(s), false, 0, 1);
      Candidates all = search.candidates();
      int from = docs.length;
      int to = from + all.size();
      docs = Arrays.copyOf(docs, to);
      exact = Arrays.copyOf(exact, to);
      FloatVectorValues values = view.values();
      for (int i = from; i < to; i++) {
        docs[i] = view.context().docBase + values.ordToDoc(all.ord(i - from));
        exact[i] = all.score(i - from);
      }
      uncoded += view.codes() == null ? all.size() : 0;
      // Even where a search would compare all of them: a first stage that keeps fewer would not.
      boolean seesCodes = view.codes() != null && first.kind() != Stage.Kind.FLOAT;
      if (seesCodes || first.kind() == Stage.Kind.FLOAT) {
        search.rescore(first);
      }
      if (bySegment) {
        ranks = Arrays.copyOf(ranks, to);
        rank(order(all), ranks, from);
        if (seesCodes) {
          search.rescore(Stage.asymmetric(first.size(), first.keep()));
        }
      }
      coarse = Arrays.copyOf(coarse, to);
      for (int i = from; i < to; i++) {
        coarse[i] = all.score(i - from);
      }
    }
    return new FirstStageRanking(docs, exact, coarse, bySegment ? ranks : null, uncoded);
  }

  private static long[] order(Candidates candidates) {
    long[] keys = new long[candidates.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = CandidateKeys.of(candidates.score(i), i);
    }
    Arrays.sort(keys);
    return keys;
  }

  private static long[] order(float[] scores, int from, int to) {
    long[] keys = new long[to - from];
    for (int i = from; i < to; i++) {
      keys[i - from] = CandidateKeys.of(scores[i], i);
    }
    Arrays.sort(keys);
    return keys;
  }

  private static void rank(long[] order, int[] ranks, int offset) {
    for (int rank = 0; rank < order.length; rank++) {
      ranks[offset + CandidateKeys.doc(order[rank])] = rank + 1;
    }
  }

  /** Accepted documents. */
  int size() {
    return docs.length;
  }

  /** Accepted documents without codes. */
  int uncoded() {
    return uncoded;
  }

  /** The document at an exact rank, from 0. */
  int doc(int exactRank) {
    return docs[CandidateKeys.doc(exactOrder[exactRank])];
  }

  /** The score at an exact rank, from 0. */
  float score(int exactRank) {
    return CandidateKeys.score(exactOrder[exactRank]);
  }

  /**
   * For each of the leading documents by exact rank the least {@code keep} with which the first
   * stage keeps it. With several segments a Hamming stage keeps that many in each, and then that
   * many of all by the estimate: a document needs to be near enough in its segment, and to have
   * fewer documents before it by the estimate among all that are.
   */
  int[] leastKeeps(int count) {
    int[] wanted = new int[docs.length];
    Arrays.fill(wanted, -1);
    for (int i = 0; i < count; i++) {
      wanted[CandidateKeys.doc(exactOrder[i])] = i;
    }
    int[] keeps = new int[count];
    Counts better = segmentRanks == null ? null : new Counts(docs.length);
    for (int i = 0; i < coarseOrder.length; i++) {
      int at = CandidateKeys.doc(coarseOrder[i]);
      if (wanted[at] >= 0) {
        keeps[wanted[at]] = better == null ? i + 1 : leastKeep(segmentRanks[at], better);
      }
      if (better != null) {
        better.add(segmentRanks[at]);
      }
    }
    return keeps;
  }

  /** The least fixed point: more may get past their segments as the number grows. */
  private static int leastKeep(int segmentRank, Counts better) {
    int keep = segmentRank;
    int needed = better.upTo(keep) + 1;
    while (needed > keep) {
      keep = needed;
      needed = better.upTo(keep) + 1;
    }
    return keep;
  }

  /** Spearman's ρ over the first stage's best documents, or NaN. */
  double rankCorrelation() {
    int n = Math.min(CORRELATED, docs.length);
    if (n < 2) {
      return Double.NaN;
    }
    float[] scores = new float[n];
    for (int i = 0; i < n; i++) {
      scores[i] = exact[CandidateKeys.doc(coarseOrder[i])];
    }
    long[] byScore = order(scores, 0, n);
    double squares = 0;
    for (int rank = 0; rank < n; rank++) {
      double difference = rank - CandidateKeys.doc(byScore[rank]);
      squares += difference * difference;
    }
    return 1 - 6 * squares / ((double) n * ((double) n * n - 1));
  }

  /** How many of the numbers added are at most a given one: a Fenwick tree. */
  private static final class Counts {
    private final int[] tree;

    Counts(int largest) {
      tree = new int[largest + 1];
    }

    void add(int number) {
      for (int i = number; i < tree.length; i += i & -i) {
        tree[i]++;
      }
    }

    int upTo(int number) {
      int sum = 0;
      for (int i = Math.min(number, tree.length - 1); i > 0; i -= i & -i) {
        sum += tree[i];
      }
      return sum;
    }
  }
}
