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

import dev.matryoshka.binary.HammingSelector;
import dev.matryoshka.codec.CodeCursor;
import dev.matryoshka.codec.CodeScan;
import dev.matryoshka.codec.QueryCode;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.VectorUtil;

/**
 * Runs the stages of one query on one segment: the first over all accepted vectors, later ones over
 * the candidates that are left. Scores are on Lucene's scale and comparable between segments,
 * except after a Hamming stage, which {@link #estimate} can follow. Not thread-safe.
 */
final class SegmentSearch {

  /** Below one accepted vector in this many, codes are fetched singly instead of scanned. */
  private static final int SCATTERED_BELOW = 32;

  private static final int CHECK_INTERVAL = 512;

  /** Vectors collected before they are scored and cut, at least. */
  private static final int MIN_CHUNK = 4096;

  private final SegmentView segment;
  private final float[] target;
  private final Runnable interrupt;
  private QueryCode queryCode;
  private Candidates candidates;
  private boolean exact;

  SegmentSearch(SegmentView segment, float[] target, Runnable interrupt) {
    this.segment = segment;
    this.target = target;
    this.interrupt = interrupt;
  }

  SegmentView segment() {
    return segment;
  }

  Candidates candidates() {
    return candidates;
  }

  /** Whether codes played no part, so that all stages but the float ones see exact scores. */
  boolean exact() {
    return exact;
  }

  /**
   * The first stage. Leaves at most the stage's {@code keep} candidates, in ascending order of
   * ordinals.
   *
   * @param enough accepted vectors up to this number are scored at full precision straight away
   * @param k what the last stage keeps
   * @return vectors compared
   */
  int scan(Stage stage, AcceptDocs acceptDocs, int enough, int k) throws IOException {
    Bits acceptedDocs = acceptDocs.bits();
    int accepted = Math.min(acceptDocs.cost(), segment.size());
    exact = stage.kind() != Stage.Kind.FLOAT && (segment.codes() == null || accepted <= enough);
    int keep = Math.min(stage.keep() == Stage.LAST ? k : stage.keep(), accepted);
    if (exact || stage.kind() != Stage.Kind.HAMMING) {
      return scoreAccepted(stage, acceptDocs, keep);
    }
    boolean scattered = (long) accepted * SCATTERED_BELOW < segment.size();
    int level = level(stage);
    FloatVectorValues values = segment.values();
    HammingSelector nearest =
        scattered
            ? CodeScan.scanAccepted(
                segment.codes(),
                queryCode(),
                level,
                keep,
                values.iterator(),
                acceptDocs.iterator(),
                accepted,
                interrupt)
            : CodeScan.scanAll(
                segment.codes(),
                queryCode(),
                level,
                keep,
                values.getAcceptOrds(acceptedDocs),
                interrupt);
    int words = segment.codes().levels()[level] / Long.SIZE;
    candidates = new Candidates(nearest.size(), words);
    for (int i = 0; i < nearest.size(); i++) {
      candidates.add(nearest.position(i), -nearest.distance(i), nearest.codes(), i * words);
    }
    return scattered ? accepted : segment.size();
  }

  /** Scores all accepted vectors, never holding many more than are kept. */
  private int scoreAccepted(Stage stage, AcceptDocs acceptDocs, int keep) throws IOException {
    int room = keep + Math.max(keep, MIN_CHUNK);
    candidates = new Candidates(Math.min(room, segment.size()), 0);
    var iterator = segment.values().iterator();
    DocIdSetIterator accepted = acceptDocs.iterator();
    int scored = 0;
    int compared = 0;
    for (int doc = accepted.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = accepted.nextDoc()) {
      int found = iterator.docID() < doc ? iterator.advance(doc) : iterator.docID();
      if (found == DocIdSetIterator.NO_MORE_DOCS) {
        break;
      }
      if (found != doc) {
        continue;
      }
      compared++;
      candidates.add(iterator.index(), 0);
      if (candidates.size() == room) {
        score(stage, scored);
        cut(keep);
        scored = candidates.size();
      }
    }
    score(stage, scored);
    cut(keep);
    return compared;
  }

  /** Scores the candidates from an index on. */
  private void score(Stage stage, int from) throws IOException {
    if (exact || stage.kind() == Stage.Kind.FLOAT) {
      scoreFloat(exact ? segment.dims() : stage.size(), from);
    } else {
      estimate(stage, from);
    }
  }

  /** A stage over the candidates. */
  void rescore(Stage stage) throws IOException {
    switch (stage.kind()) {
      case FLOAT -> scoreFloat(stage.size(), 0);
      case ASYMMETRIC -> estimate(stage, 0);
      case HAMMING -> hamming(stage);
    }
  }

  /** Made when the first stage that compares codes needs it, which may be a later one. */
  private QueryCode queryCode() throws IOException {
    if (queryCode == null) {
      queryCode = segment.codes().encode(target);
    }
    return queryCode;
  }

  /** The level of a stage's prefix; the whole code where the segment has no such prefix. */
  private int level(Stage stage) throws IOException {
    int level = queryCode().level(stage.size());
    return level >= 0 ? level : segment.codes().levels().length - 1;
  }

  /** Scores candidates by the asymmetric estimate; by full precision where there are no codes. */
  void estimate(Stage stage, int from) throws IOException {
    if (exact || segment.codes() == null) {
      scoreFloat(segment.dims(), from);
      return;
    }
    int level = level(stage);
    CodeCursor cursor = segment.codes().cursor();
    float[] corrections = new float[cursor.correctionsPerVector()];
    int words = segment.codes().levels()[level] / Long.SIZE;
    boolean captured = candidates.words() >= words;
    // Dense candidates are cheaper to pick out of whole blocks than one word at a time.
    boolean dense = (long) (candidates.size() - from) * SCATTERED_BELOW > span(from);
    long[] code = captured ? candidates.codes() : new long[segment.codes().bits() / Long.SIZE];
    for (int i = from; i < candidates.size(); i++) {
      if (i % CHECK_INTERVAL == 0) {
        interrupt.run();
      }
      int ord = candidates.ord(i);
      if (captured == false) {
        if (dense) {
          cursor.readCode(ord, code, 0, 1);
        } else {
          cursor.readScattered(ord, level, code, 0);
        }
      }
      cursor.readCorrections(ord, corrections, 0);
      float estimate =
          queryCode().estimate(level, code, captured ? i * candidates.words() : 0, corrections, 0);
      candidates.setScore(i, Similarities.scoreOfEstimate(segment.similarity(), estimate));
    }
  }

  /** Ordinals between the first and the last candidate from an index on. */
  private int span(int from) {
    return from >= candidates.size()
        ? 0
        : candidates.ord(candidates.size() - 1) - candidates.ord(from) + 1;
  }

  private void hamming(Stage stage) throws IOException {
    if (exact || segment.codes() == null) {
      scoreFloat(segment.dims(), 0);
      return;
    }
    int level = level(stage);
    CodeCursor cursor = segment.codes().cursor();
    long[] code = new long[segment.codes().levels()[level] / Long.SIZE];
    for (int i = 0; i < candidates.size(); i++) {
      if (i % CHECK_INTERVAL == 0) {
        interrupt.run();
      }
      cursor.readScattered(candidates.ord(i), level, code, 0);
      candidates.setScore(i, -queryCode().distance(level, code, 0));
    }
  }

  private void scoreFloat(int dims, int from) throws IOException {
    if (dims >= segment.dims()) {
      scoreFull(from);
      return;
    }
    VectorSimilarityFunction similarity = segment.similarity();
    FloatVectorValues values = segment.values();
    float[] targetPrefix = Arrays.copyOf(target, dims);
    float targetSquare = VectorUtil.dotProduct(targetPrefix, targetPrefix);
    float[] prefix = new float[dims];
    for (int i = from; i < candidates.size(); i++) {
      if (i % CHECK_INTERVAL == 0) {
        interrupt.run();
      }
      System.arraycopy(values.vectorValue(candidates.ord(i)), 0, prefix, 0, dims);
      candidates.setScore(
          i, Similarities.scoreOfPrefix(similarity, targetPrefix, targetSquare, prefix));
    }
  }

  private void scoreFull(int first) throws IOException {
    SegmentView.OrdinalScorer scorer = segment.scorer(target);
    int[] ords = new int[CHECK_INTERVAL];
    float[] scores = new float[CHECK_INTERVAL];
    for (int from = first; from < candidates.size(); from += CHECK_INTERVAL) {
      interrupt.run();
      int count = Math.min(CHECK_INTERVAL, candidates.size() - from);
      System.arraycopy(candidates.ords(), from, ords, 0, count);
      scorer.score(ords, scores, count);
      for (int i = 0; i < count; i++) {
        candidates.setScore(from + i, scores[i]);
      }
    }
  }

  /**
   * Scores the last candidates once more, to the last bit as every other search does: Lucene's
   * scorers do not.
   *
   * @return their number
   */
  long settle() throws IOException {
    ExactScorer scorer = segment.exactScorer(target);
    float[] scores = new float[candidates.size()];
    scorer.score(candidates.ords(), candidates.size(), scores);
    for (int i = 0; i < scores.length; i++) {
      candidates.setScore(i, scores[i]);
    }
    return scores.length;
  }

  /** Keeps the best candidates of this segment, ties to the lowest ordinal. */
  void cut(int keep) {
    if (candidates.size() <= keep) {
      return;
    }
    long[] keys = new long[candidates.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = CandidateKeys.of(candidates.score(i), candidates.ord(i));
    }
    CandidateKeys.select(keys, keys.length, keep);
    long worst = keys[keep - 1];
    boolean[] marks = new boolean[candidates.size()];
    for (int i = 0; i < marks.length; i++) {
      marks[i] = CandidateKeys.of(candidates.score(i), candidates.ord(i)) <= worst;
    }
    candidates.retain(marks);
  }

  /**
   * Writes the candidates' keys, with documents numbered as in the whole searcher.
   *
   * @return index after the last one written
   */
  int keys(long[] into, int offset) throws IOException {
    FloatVectorValues values = segment.values();
    for (int i = 0; i < candidates.size(); i++) {
      int doc = segment.context().docBase + values.ordToDoc(candidates.ord(i));
      into[offset + i] = CandidateKeys.of(candidates.score(i), doc);
    }
    return offset + candidates.size();
  }
}
