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

import dev.matryoshka.search.CapturedVectors.By;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The stages of a search with a {@link RecallTarget}, which widen until few enough documents of the
 * answer are expected to be missing. Segments go step by step, so that each knows what the others
 * have found: a segment without anything good enough is done with at once. Belongs to one query.
 */
final class AdaptiveStages {

  private final Funnel funnel;
  private final Wanted wanted;
  private final List<AdaptiveSegment> segments;
  private final SegmentTasks tasks;
  private final double[] shares;
  private long scored;
  private long scanNanos;
  private long estimateNanos;
  private long scoreNanos;

  AdaptiveStages(Funnel funnel, Wanted wanted, List<AdaptiveSegment> segments, SegmentTasks tasks)
      throws IOException {
    this.funnel = funnel;
    this.wanted = wanted;
    this.segments = segments;
    this.tasks = tasks;
    this.shares = new double[segments.size()];
    double accepted = 0;
    for (AdaptiveSegment segment : segments) {
      accepted += segment.accepted();
    }
    for (int s = 0; s < shares.length; s++) {
      shares[s] = segments.get(s).accepted() / Math.max(1, accepted);
    }
  }

  /** Runs them; leaves in the segments what was scored at full precision. */
  void run(FunnelTrace trace) throws IOException {
    int k = wanted.k();
    scanNanos = timed(s -> segments.get(s).scan(k));
    estimateNanos = timed(s -> segments.get(s).firstEstimates(shares[s], k));
    scoreNanos = timed(s -> segments.get(s).firstScores(shares[s], k));
    boolean[] more = new boolean[segments.size()];
    while (true) {
      float least = wanted.least(keys(vectors -> vectors.scored(By.SCORE)));
      double allowed = funnel.target().misses(k);
      tasks.run(s -> more[s] = segments.get(s).plan(least, allowed * shares[s]));
      if (noneOf(more)) {
        break;
      }
      scoreNanos += timed(s -> segments.get(s).score());
      estimateNanos += timed(s -> segments.get(s).estimate(k));
    }
    report(trace);
    for (AdaptiveSegment segment : segments) {
      segment.captured().retainScored();
    }
  }

  /**
   * Vectors that were scored at full precision, but for those in segments without codes if others
   * have some.
   */
  long scored() {
    return scored;
  }

  /** Whether vectors were left out that a wider scan might have found. */
  boolean truncated() throws IOException {
    for (AdaptiveSegment segment : segments) {
      if (segment.truncated()) {
        return true;
      }
    }
    return false;
  }

  /** Time that scoring took. */
  long scoreNanos() {
    return scoreNanos;
  }

  private void report(FunnelTrace trace) throws IOException {
    long compared = 0;
    long estimated = 0;
    double misses = 0;
    List<SearchPlan.Budget> budgets = new ArrayList<>();
    for (AdaptiveSegment segment : segments) {
      CapturedVectors vectors = segment.captured();
      compared += segment.compared();
      if (segment.exact() == false) {
        estimated += segment.estimated();
        scored += vectors.scoredCount();
        misses += segment.expectedMisses();
      }
      budgets.add(
          new SearchPlan.Budget(vectors.size(), vectors.estimatedCount(), vectors.scoredCount()));
    }
    Stage first = funnel.first();
    Stage estimate = funnel.stages().get(funnel.stages().size() - 2);
    long[] survivors = keys(vectors -> vectors.scored(By.ESTIMATE));
    boolean distances = segments.stream().anyMatch(AdaptiveSegment::distances);
    boolean exact = segments.stream().allMatch(AdaptiveSegment::exact);
    if (exact) {
      scored = compared;
      scoreNanos = scanNanos;
    } else if (first == estimate || distances == false) {
      trace.add(estimate, compared + estimated, survivors, scanNanos + estimateNanos);
    } else {
      By by = segments.size() == 1 ? By.COARSE : By.ESTIMATE;
      trace.add(first, compared, keys(vectors -> vectors.estimated(by)), scanNanos);
      trace.add(estimate, estimated, survivors, estimateNanos);
    }
    double predicted = Math.max(0, 1 - misses / wanted.k());
    trace.plan(new SearchPlan(funnel.target(), predicted, budgets));
  }

  private long timed(SegmentTasks.Step step) throws IOException {
    long start = System.nanoTime();
    tasks.run(step);
    return System.nanoTime() - start;
  }

  private static boolean noneOf(boolean[] flags) {
    for (boolean flag : flags) {
      if (flag) {
        return false;
      }
    }
    return true;
  }

  /** Keys of documents of one segment. */
  private interface KeysOf {
    long[] of(CapturedVectors vectors) throws IOException;
  }

  private long[] keys(KeysOf keysOf) throws IOException {
    long[][] parts = new long[segments.size()][];
    int count = 0;
    for (int s = 0; s < parts.length; s++) {
      parts[s] = keysOf.of(segments.get(s).captured());
      count += parts[s].length;
    }
    long[] keys = new long[count];
    int at = 0;
    for (long[] part : parts) {
      System.arraycopy(part, 0, keys, at, part.length);
      at += part.length;
    }
    return keys;
  }
}
