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

import dev.matryoshka.search.ExpectedMisses.Work;
import dev.matryoshka.search.Regression.Line;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.search.AcceptDocs;

/**
 * One segment of a search with a {@link RecallTarget}. The first stage captures a generous number
 * of vectors; of these, the nearest are estimated, and of those, the best are scored at full
 * precision, a few at first; where estimates cost little, all are estimated to begin with. From
 * then on it is known what a distance says of an estimate, and an estimate of a score, for this
 * query in this segment: two least-squares lines with normally distributed deviations. They tell
 * how many of the wanted documents are expected among those not yet estimated, and among those not
 * yet scored, and both go on until few enough are. An easy query ends after a few hundred vectors;
 * one that is unlike the documents, whose distances and estimates say little, goes through tens of
 * thousands.
 *
 * <p>Points are chosen by the x of a line, never by its y, so that the choice does not bend it. Not
 * a proof: deviations have somewhat heavier tails than normal ones, for which {@link
 * RecallTarget#margin} makes up. Deterministic. For one thread at a time.
 */
final class AdaptiveSegment {

  /** Captured vectors that are estimated before anything is known, at least. */
  private static final int FIRST_ESTIMATES = 256;

  private static final int FIRST_ESTIMATES_PER_HIT = 4;

  /** Estimated ones that are scored before anything is known, at least. */
  private static final int FIRST_SCORES = 64;

  /** Estimates that take as long as scoring one vector, somewhat less than measured. */
  private static final double SCORE_PRICE = 4;

  /** A step adds at least what was done divided by this, and at most as much as was done. */
  private static final int SMALLEST_STEP = 8;

  /** How many times as much the first stage captures, at most, when what it has is not enough. */
  private static final int WIDENING = 8;

  /** Of what the first stage is expected to need then, the part that is added to be sure. */
  private static final int SPARE = 8;

  private static final int MAX_WIDENINGS = 2;

  /**
   * Hits to expect among what is not scored for each that was among the lower half, by estimates,
   * of what is; measured in docs/experiments.md.
   */
  private static final double MISSED_PER_LATE_HIT = 0.15;

  /** Of what was scored, the part that is scored next on their account. */
  private static final int LATE_STEP = 4;

  /** Rather than capture more than one vector in so many by distance, all of them are estimated. */
  private static final int ESTIMATED_ABOVE = 64;

  /** Estimates capture so many times what distances capture at first in small segments. */
  private static final int ESTIMATED_KEEP = 2;

  /** Of what may be missed, the part that the first stage may not have captured. */
  private static final double BEYOND_SHARE = 0.25;

  /** Standard deviations beyond which there are no vectors worth counting, and the steps there. */
  private static final double FARTHEST = 4;

  private static final double FINENESS = 0.1;

  private final SegmentSearch search;
  private final AcceptDocs acceptDocs;
  private final Funnel funnel;
  private final boolean parents;
  private final ScratchMemory memory;
  private final List<ScratchMemory.Taken> taken = new ArrayList<>();
  private final Regression estimateByCoarse = new Regression();
  private final Regression scoreByEstimate = new Regression();
  private Stage first;
  private CapturedVectors captured;
  private float[] medianAndWorst;
  private int widenings;
  private long compared;
  private long estimated;
  private boolean distances;
  private final double margin;
  private double expectedMisses;
  private Work work;
  private ExpectedMisses unscored;
  private int wider;

  /**
   * @param funnel a default one: its first stage captures, the last one scores
   * @param parents whether parents are wanted, whose children may be any number of the best
   * @param memory where to take what wider scans need
   */
  AdaptiveSegment(
      SegmentSearch search,
      AcceptDocs acceptDocs,
      Funnel funnel,
      boolean parents,
      ScratchMemory memory) {
    this.parents = parents;
    this.memory = memory;
    this.search = search;
    this.acceptDocs = acceptDocs;
    this.funnel = funnel;
    this.margin = funnel.target().margin();
  }

  /** Gives memory back. */
  void close() {
    taken.forEach(ScratchMemory.Taken::close);
  }

  /** Memory for the first stage, beyond what the whole search has taken. */
  private void takeMemory(int k) {
    long bytes = estimatesFirst() ? search.bytesToEstimate(first, k) : search.bytesNeeded(first, k);
    taken.add(memory.take(bytes));
  }

  /** Whether the scan has scored everything at full precision. */
  boolean exact() {
    return search.exact();
  }

  /** Whether the first stage may have left something out. */
  boolean truncated() throws IOException {
    return captured.size() >= first.keep() && captured.size() < accepted();
  }

  /** What there is to choose from, after the scan. */
  CapturedVectors captured() {
    return captured;
  }

  /** Whether distances were compared. */
  boolean distances() {
    return distances;
  }

  /** Vectors compared by distance, or exactly where nothing else was done. */
  long compared() {
    return compared;
  }

  /** Vectors that were estimated. */
  long estimated() {
    return Math.max(estimated, captured.estimatedCount());
  }

  /** Wanted documents that are expected not to be scored, as of the last plan. */
  double expectedMisses() {
    return expectedMisses;
  }

  /** Accepted vectors, or somewhat more where some are deleted. */
  int accepted() throws IOException {
    return Math.min(acceptDocs.cost(), search.segment().size());
  }

  /** The first stage. */
  void scan(int k) throws IOException {
    CapturedVectors narrower = captured;
    if (narrower == null) {
      first = FirstStage.of(search, acceptDocs, funnel, k);
      if (accepted() <= funnel.scoredAtFullPrecision()) {
        // All will be scored, and what is not kept of them is lost for good.
        int least = parents ? accepted() : k;
        first = new Stage(first.kind(), first.size(), Math.max(least, first.keep()));
      }
      boolean instead = funnel.first().kind() == Stage.Kind.HAMMING && estimatesFirst();
      if (instead && first.keep() > funnel.first().keep()) {
        takeMemory(k);
      }
    }
    boolean estimates =
        accepted() > funnel.scoredAtFullPrecision() && search.canScanEstimates(first);
    if (estimates) {
      int[] also = narrower == null ? new int[0] : narrower.scoredOrdinals();
      estimated = search.scanEstimates(first, acceptDocs, also);
    } else {
      int visited = search.scan(first, acceptDocs, false, funnel.scoredAtFullPrecision(), k);
      boolean distances = search.exact() || estimatesFirst() == false;
      compared += distances ? visited : 0;
      estimated = distances ? 0 : visited;
    }
    distances |= first.kind() == Stage.Kind.HAMMING && search.exact() == false;
    captured =
        new CapturedVectors(
            search,
            first.kind() == Stage.Kind.HAMMING && search.exact() == false,
            Stage.asymmetric(first.size(), first.keep()),
            funnel.stages().getLast(),
            estimateByCoarse,
            scoreByEstimate);
    medianAndWorst = null;
    if (narrower != null && estimatesFirst()) {
      captured.resumeScored(narrower);
    } else if (narrower != null) {
      captured.resume(narrower);
    }
    if (search.exact()) {
      captured.allScored();
    } else if (estimatesFirst()) {
      captured.allEstimated();
    }
  }

  /** Whether the first stage estimates. */
  boolean estimatesFirst() {
    return first.kind() == Stage.Kind.ASYMMETRIC;
  }

  /**
   * Estimates a few, in ignorance.
   *
   * @param share of all accepted vectors that are in this segment
   */
  void firstEstimates(double share, int k) throws IOException {
    if (captured.estimatedCount() < captured.size()) {
      captured.estimate(Math.max(FIRST_ESTIMATES, (int) (FIRST_ESTIMATES_PER_HIT * share * k)));
    }
  }

  /** Scores a few, in ignorance. */
  void firstScores(double share, int k) throws IOException {
    if (captured.pendingCount() > 0) {
      captured.scoreBest(Math.max(FIRST_SCORES, (int) (share * k)));
    }
  }

  /**
   * Decides what to do next.
   *
   * @param least score that a document needs to be among the best so far
   * @param allowed wanted documents that may be missing
   * @return whether there is anything to do
   */
  boolean plan(float least, double allowed) throws IOException {
    wider = 0;
    work = new Work(0, 0);
    expectedMisses = 0;
    if (search.exact() || captured.size() == 0) {
      return false;
    }
    double error = search.leastError(first, least);
    Line fine = scoreByEstimate.line().deviatingBy(error);
    Line coarse = estimatesFirst() ? fine : fine.after(estimateByCoarse.line().deviatingBy(error));
    unscored = new ExpectedMisses(fine, margin, least, scoreByEstimate);
    captured.addPending(unscored);
    ExpectedMisses unestimated = new ExpectedMisses(coarse, margin, least);
    captured.addUnestimated(unestimated);
    ExpectedMisses beyond = new ExpectedMisses(coarse, margin, least);
    addBeyond(beyond);
    expectedMisses = unscored.sum() + unestimated.sum() + beyond.sum();
    double rest = Math.max(allowed - beyond.sum(), (1 - BEYOND_SHARE) * allowed);
    work = ExpectedMisses.leastWork(unestimated, unscored, rest, SCORE_PRICE);
    boolean idle = work.estimates() == 0 && work.scores() == 0;
    if ((idle || halfWay()) && widenings < MAX_WIDENINGS) {
      wider = beyond.needed(BEYOND_SHARE * allowed);
    }
    if (work.scores() < captured.scoredCount()) {
      goOnForLateHits(least, allowed);
    }
    return wider > 0 || work.estimates() > 0 || work.scores() > 0;
  }

  /**
   * Goes on where the lower half of what was scored still had hits, whatever the line says: errors
   * of estimates are not distributed normally then, as where codes see few of the directions.
   */
  private void goOnForLateHits(float least, double allowed) throws IOException {
    if (captured.scoredCount() == captured.size() && truncated() == false) {
      return;
    }
    int step = captured.scoredCount() / LATE_STEP;
    if (captured.pendingCount() > 0 && work.scores() >= Math.max(1, step)) {
      return;
    }
    double late = MISSED_PER_LATE_HIT * captured.lateHits(least);
    if (late <= allowed) {
      return;
    }
    expectedMisses = Math.max(expectedMisses, late);
    if (captured.pendingCount() > 0) {
      work = new Work(work.estimates(), Math.max(work.scores(), step));
    } else if (captured.estimatedCount() < captured.size()) {
      work = new Work(Math.max(work.estimates(), step), work.scores());
    } else if (widenings < MAX_WIDENINGS) {
      wider = Math.max(wider, captured.size());
    }
  }

  /**
   * Whether distances have shown what they are worth, so that what is left of them need not be seen
   * before a wider scan. A scan that estimates everything is dear beside what it has left to score,
   * and the first scores make it seem necessary more often than all of them do.
   */
  private boolean halfWay() {
    return estimatesFirst() == false && 2 * captured.estimatedCount() >= captured.size();
  }

  /** Scores what the plan says. */
  void score() throws IOException {
    if (work.scores() > 0) {
      int count = step(work.scores(), captured.scoredCount());
      captured.scorePromising(unscored.binOf(count), 2 * count);
    }
  }

  /** Captures and estimates what the plan says. */
  void estimate(int k) throws IOException {
    if (wider > 0) {
      widenings++;
      widen();
      takeMemory(k);
      scan(k);
    } else if (work.estimates() > 0) {
      captured.estimate(step(work.estimates(), captured.estimatedCount()));
    }
  }

  /**
   * Makes the first stage capture so many more, or somewhat more than that. Where distances would
   * have to capture a good part of the segment, it estimates everything from now on.
   */
  private void widen() throws IOException {
    long needed = (long) first.keep() + wider;
    if (first.kind() == Stage.Kind.HAMMING && needed * ESTIMATED_ABOVE > accepted()) {
      Stage all =
          funnel.estimating(funnel.first().keep() * ESTIMATED_KEEP, search.estimated(acceptDocs));
      if (search.canScanEstimates(all)) {
        first = all;
        return;
      }
    }
    long keep = needed + needed / SPARE;
    long most = Math.min(Integer.MAX_VALUE, (long) first.keep() * WIDENING);
    first = new Stage(first.kind(), first.size(), (int) Math.min(keep, most));
  }

  /**
   * Counts the vectors that the first stage did not capture. Their coarse scores are taken to be
   * distributed normally, through what is known of the better half of the captured ones and of the
   * worst.
   */
  private void addBeyond(ExpectedMisses misses) throws IOException {
    double all = accepted();
    double most = all - captured.size();
    if (truncated() == false || most <= 0) {
      return;
    }
    if (medianAndWorst == null) {
      medianAndWorst = captured.medianAndWorst();
    }
    double from = NormalTail.exceededBy(captured.size() / all);
    double unit =
        (medianAndWorst[0] - medianAndWorst[1])
            / (NormalTail.exceededBy(captured.size() / (2 * all)) - from);
    double score = medianAndWorst[1];
    for (double z = from; z > -FARTHEST; z -= FINENESS) {
      double count = all * (NormalTail.above(z - FINENESS) - NormalTail.above(z));
      score -= FINENESS * unit;
      misses.add(score + FINENESS * unit / 2, count);
    }
  }

  /** Not too much at a time, since little is known; nor too little, since each step costs some. */
  private static int step(int needed, int done) {
    return Math.clamp(needed, Math.max(1, done / SMALLEST_STEP), Math.max(1, done));
  }
}
