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
import dev.matryoshka.codec.BestEstimates;
import dev.matryoshka.codec.BlockEstimates;
import dev.matryoshka.codec.CandidateKeys;
import dev.matryoshka.codec.CodeScan;
import dev.matryoshka.codec.EstimateScan;
import dev.matryoshka.codec.QueryCode;
import java.io.IOException;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.util.Bits;

/**
 * Runs the stages of one query on one segment: the first over all accepted vectors, later ones over
 * the candidates that are left. Scores are on Lucene's scale and comparable between segments,
 * except after a Hamming stage, which {@link #estimate} can follow. Not thread-safe.
 */
final class SegmentSearch {

  /** Below one accepted vector in this many, codes are fetched singly instead of scanned. */
  private static final int SCATTERED_BELOW = 32;

  /** Vectors collected before they are scored and cut, at least. */
  private static final int MIN_CHUNK = 4096;

  private final SegmentView segment;
  private final QueryCodes query;
  private final Runnable interrupt;
  private final TaskExecutor executor;
  private QueryCode queryCode;
  private BlockEstimates estimates;
  private FloatVectorValues documents;
  private Candidates candidates;
  private CandidateScorer scorer;
  private boolean exact;
  private int estimatedLevel = -1;

  SegmentSearch(SegmentView segment, QueryCodes query, Runnable interrupt, TaskExecutor executor) {
    this.segment = segment;
    this.query = query;
    this.interrupt = interrupt;
    this.executor = executor;
  }

  SegmentView segment() {
    return segment;
  }

  Candidates candidates() {
    return candidates;
  }

  /** Ordinal and score of a candidate, its key twice over, marks and indices of it, and a bin. */
  private static final int BYTES_PER_CANDIDATE = 48;

  /**
   * Most heap that {@link #scan} takes here at a time.
   *
   * @param first the first stage
   * @param k what the last stage keeps
   */
  long bytesNeeded(Stage first, int k) {
    int kept = Math.min(first.keep() == Stage.LAST ? k : first.keep(), segment.size());
    if (segment.codes() == null || first.kind() != Stage.Kind.HAMMING) {
      return BYTES_PER_CANDIDATE
          * Math.min(segment.size(), kept + (long) Math.max(kept, MIN_CHUNK));
    }
    int words = segment.codes().bits() / Long.SIZE;
    return CodeScan.bytesNeeded(segment.codes(), kept)
        + (BYTES_PER_CANDIDATE + (long) words * Long.BYTES) * kept;
  }

  /**
   * Most heap that {@link #scanEstimates} takes here at a time, or {@link #scan} if that is more.
   *
   * @param first the first stage, which estimates
   * @param k what the last stage keeps
   */
  long bytesToEstimate(Stage first, int k) {
    int kept = Math.min(first.keep(), segment.size());
    long scanned = segment.codes() == null ? 0 : EstimateScan.bytesNeeded(segment.codes(), kept);
    return scanned + bytesNeeded(first, k);
  }

  /** Whether codes played no part, so that all stages but the float ones see exact scores. */
  boolean exact() {
    return exact;
  }

  /**
   * The first stage. Leaves at most the stage's {@code keep} candidates, in ascending order of
   * ordinals.
   *
   * @param capture whether most of the candidates will be estimated, so that their codes are kept
   * @param enough accepted vectors up to this number are scored at full precision straight away
   * @param k what the last stage keeps
   * @return vectors compared, of documents that the caller may see
   */
  int scan(Stage stage, AcceptDocs acceptDocs, boolean capture, int enough, int k)
      throws IOException {
    Bits acceptedDocs = acceptDocs.bits();
    int accepted = Math.min(acceptDocs.cost(), segment.size());
    exact = stage.kind() != Stage.Kind.FLOAT && (segment.codes() == null || accepted <= enough);
    int keep = Math.min(stage.keep() == Stage.LAST ? k : stage.keep(), accepted);
    if (exact || stage.kind() != Stage.Kind.HAMMING) {
      return scoreAccepted(stage, acceptDocs, keep);
    }
    boolean scattered = scattered(acceptDocs);
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
                capture,
                () -> segment.values().getAcceptOrds(acceptedDocs),
                interrupt,
                executor);
    int words = nearest.captures() ? segment.codes().levels()[level] / Long.SIZE : 0;
    start(nearest.size(), words);
    for (int i = 0; i < nearest.size(); i++) {
      candidates.add(nearest.position(i), -nearest.distance(i), nearest.codes(), i * words);
    }
    return scattered ? accepted : visible();
  }

  /** Whether so few are accepted that only their codes are fetched. */
  boolean scattered(AcceptDocs acceptDocs) throws IOException {
    return (long) acceptDocs.cost() * SCATTERED_BELOW < segment.size();
  }

  /** Vectors that are estimated where all accepted ones are. */
  int estimated(AcceptDocs acceptDocs) throws IOException {
    return scattered(acceptDocs) ? acceptDocs.cost() : segment.size();
  }

  private void start(int capacity, int words) {
    candidates = new Candidates(capacity, words);
    scorer = new CandidateScorer(segment, query.target(), candidates, interrupt);
  }

  /**
   * A first stage of estimates, as {@link #scan} has them but faster.
   *
   * @param also ordinals to keep besides, ascending
   * @return vectors compared, of documents that the caller may see
   */
  int scanEstimates(Stage stage, AcceptDocs acceptDocs, int[] also) throws IOException {
    boolean scattered = scattered(acceptDocs);
    BestEstimates best = bestEstimates(stage, acceptDocs, scattered);
    start(best.size() + also.length, 0);
    int[] missing = new int[also.length];
    int missed = 0;
    for (int i = 0, j = 0; i < best.size() || j < also.length; ) {
      int ord = i < best.size() ? best.ordinal(i) : Integer.MAX_VALUE;
      if (j < also.length && also[j] < ord) {
        missing[missed++] = candidates.size();
        candidates.add(also[j++], 0);
      } else {
        j += j < also.length && also[j] == ord ? 1 : 0;
        float score = Similarities.scoreOfEstimate(segment.similarity(), best.estimate(i++));
        candidates.add(ord, score);
      }
    }
    estimate(stage, missing, missed);
    return scattered ? Math.min(acceptDocs.cost(), segment.size()) : visible();
  }

  private BestEstimates bestEstimates(Stage stage, AcceptDocs acceptDocs, boolean scattered)
      throws IOException {
    int keep = Math.min(stage.keep(), segment.size());
    if (scattered) {
      return EstimateScan.scanAccepted(
          segment.codes(),
          queryCode(),
          keep,
          segment.values().iterator(),
          acceptDocs.iterator(),
          interrupt);
    }
    if (estimates == null) {
      estimates = EstimateScan.estimates(segment.codes(), queryCode());
    }
    Bits acceptedDocs = acceptDocs.bits();
    return EstimateScan.scanAll(
        segment.codes(),
        estimates,
        keep,
        () -> segment.values().getAcceptOrds(acceptedDocs),
        interrupt,
        executor);
  }

  /** Whether {@link #scanEstimates} can do what {@link #scan} does. */
  boolean canScanEstimates(Stage stage) throws IOException {
    return exact == false
        && segment.codes() != null
        && stage.kind() == Stage.Kind.ASYMMETRIC
        && level(stage) == segment.codes().levels().length - 1;
  }

  /** Hidden documents are compared too, but their number is nobody's business. */
  int visible() {
    return Math.min(segment.size(), segment.context().reader().numDocs());
  }

  /** Scores all accepted vectors, never holding many more than are kept. */
  private int scoreAccepted(Stage stage, AcceptDocs acceptDocs, int keep) throws IOException {
    int room = keep + Math.max(keep, MIN_CHUNK);
    start(Math.min(room, segment.size()), 0);
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
    int[] indices = indices(from);
    if (exact || stage.kind() == Stage.Kind.FLOAT) {
      scorer.floats(exact ? segment.dims() : stage.size(), indices, indices.length);
    } else {
      estimate(stage, indices, indices.length);
    }
  }

  private int[] indices(int from) {
    int[] indices = new int[candidates.size() - from];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = from + i;
    }
    return indices;
  }

  /** A stage over the candidates. */
  void rescore(Stage stage) throws IOException {
    int[] indices = indices(0);
    rescore(stage, indices, indices.length);
  }

  /** A stage over some candidates, given by their indices in ascending order. */
  void rescore(Stage stage, int[] indices, int count) throws IOException {
    switch (stage.kind()) {
      case FLOAT -> {
        scorer.floats(stage.size(), indices, count);
        estimatedLevel = -1;
      }
      case ASYMMETRIC -> estimate(stage, indices, count);
      case HAMMING -> hamming(stage, indices, count);
    }
  }

  /** Whether the scores are what an asymmetric stage would make them. */
  boolean estimated(Stage stage) throws IOException {
    return segment.codes() != null && exact == false && estimatedLevel == level(stage);
  }

  private void estimate(Stage stage, int[] indices, int count) throws IOException {
    if (exact || segment.codes() == null) {
      scorer.floats(segment.dims(), indices, count);
    } else {
      scorer.estimates(queryCode(), level(stage), indices, count);
      estimatedLevel = level(stage);
    }
  }

  private void hamming(Stage stage, int[] indices, int count) throws IOException {
    if (exact || segment.codes() == null) {
      scorer.floats(segment.dims(), indices, count);
    } else {
      scorer.distances(queryCode(), level(stage), indices, count);
      estimatedLevel = -1;
    }
  }

  /** How far estimates of a stage are off at least, near a score and on the scale of scores. */
  double leastError(Stage stage, float score) throws IOException {
    double rise = Similarities.rise(segment.similarity(), Math.max(0, score));
    return rise * segment.codes().leastError(queryCode(), level(stage));
  }

  /** Made when the first stage that compares codes needs it, which may be a later one. */
  private QueryCode queryCode() throws IOException {
    if (queryCode == null) {
      queryCode = query.of(segment.codes());
    }
    return queryCode;
  }

  /** The level of a stage's prefix; the whole code where the segment has no such prefix. */
  private int level(Stage stage) throws IOException {
    int level = queryCode().level(stage.size());
    return level >= 0 ? level : segment.codes().levels().length - 1;
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
    for (int i = 0; i < candidates.size(); i++) {
      into[offset + i] = CandidateKeys.of(candidates.score(i), doc(candidates.ord(i)));
    }
    return offset + candidates.size();
  }

  /** The document of a vector, numbered as in the whole searcher. */
  int doc(int ord) throws IOException {
    if (documents == null) {
      documents = segment.values();
    }
    return segment.context().docBase + documents.ordToDoc(ord);
  }
}
