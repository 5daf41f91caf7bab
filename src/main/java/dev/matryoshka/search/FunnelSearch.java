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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.TaskExecutor;

/**
 * Runs a funnel over all segments of a searcher. Every stage runs on the segments in parallel;
 * between stages the survivors are chosen among all of them. Hamming distances under different
 * rotations cannot be compared, so with several segments a Hamming stage keeps its number in each
 * segment first, and these are then cut to the number by the asymmetric estimate, which can be. A
 * funnel with a {@link RecallTarget} is left to {@link AdaptiveStages}. Belongs to one query.
 */
final class FunnelSearch {

  private final List<SegmentSearch> segments;
  private final SegmentTasks tasks;
  private final ScratchMemory memory;
  private final FunnelTrace trace = new FunnelTrace();
  private boolean truncated;

  /**
   * @param memory for hard queries, to take more from
   */
  FunnelSearch(List<SegmentSearch> segments, TaskExecutor executor, ScratchMemory memory) {
    this.segments = segments;
    this.memory = memory;
    this.tasks = new SegmentTasks(executor, segments);
  }

  FunnelTrace trace() {
    return trace;
  }

  /** Whether some stage dropped candidates, so that a wider funnel might find more. */
  boolean truncated() {
    return truncated;
  }

  /**
   * Most heap that {@link #run} takes at a time, but for what hard queries need beyond that, which
   * they take themselves.
   *
   * @param k candidates to keep after the last stage
   */
  long bytesNeeded(Funnel funnel, int k) {
    long bytes = 0;
    for (SegmentSearch segment : segments) {
      long most = segment.bytesNeeded(funnel.first(), k);
      if (funnel.target() != null) {
        Stage first = funnel.firstOf(segment.segment().size());
        Stage estimates = Stage.asymmetric(first.size(), funnel.first().keep());
        boolean distances = first.kind() == Stage.Kind.HAMMING;
        most = distances ? segment.bytesNeeded(first, k) : segment.bytesToEstimate(first, k);
        most = Math.max(most, segment.bytesToEstimate(estimates, k));
      }
      bytes += most;
    }
    return bytes;
  }

  /**
   * Runs all stages.
   *
   * @param accept accepted documents of each segment
   * @param wanted what is looked for
   * @param keep candidates to keep after the last stage, at least as many as are wanted
   * @return keys of the best with their final scores, best first
   */
  long[] run(Funnel funnel, List<AcceptDocs> accept, Wanted wanted, int keep) throws IOException {
    if (funnel.target() == null) {
      runStages(funnel, accept, keep);
    } else {
      runAdaptive(funnel, accept, wanted, keep);
    }
    long[] keys = trace.keys(trace.stages() - 1);
    Arrays.sort(keys);
    return keys;
  }

  private void runAdaptive(Funnel funnel, List<AcceptDocs> accept, Wanted wanted, int keep)
      throws IOException {
    List<AdaptiveSegment> adaptive = new ArrayList<>();
    boolean children = wanted.parents() != null;
    for (int s = 0; s < segments.size(); s++) {
      adaptive.add(new AdaptiveSegment(segments.get(s), accept.get(s), funnel, children, memory));
    }
    AdaptiveStages stages = new AdaptiveStages(funnel, wanted, adaptive, tasks);
    try {
      stages.run(trace);
    } finally {
      adaptive.forEach(AdaptiveSegment::close);
    }
    long start = System.nanoTime();
    // Children are cut once parents are known: the best ones may all be of a few.
    long[] keys = cut(children ? Integer.MAX_VALUE : keep);
    truncated = stages.truncated() || (children == false && keys.length >= keep);
    trace.add(
        funnel.stages().getLast(),
        stages.scored(),
        keys,
        stages.scoreNanos() + System.nanoTime() - start);
  }

  private void runStages(Funnel funnel, List<AcceptDocs> accept, int k) throws IOException {
    trace.forecast(
        FirstStageForecast.recall(
            funnel.first(), segments, accept, funnel.scoredAtFullPrecision(), k));
    for (int i = 0; i < funnel.stages().size(); i++) {
      Stage stage = funnel.stages().get(i);
      boolean last = i == funnel.stages().size() - 1;
      long start = System.nanoTime();
      AtomicLong compared = new AtomicLong();
      if (i == 0) {
        int enough = stage.kind() == Stage.Kind.FLOAT ? 0 : funnel.scoredAtFullPrecision();
        tasks.run(s -> compared.addAndGet(scan(s, stage, accept.get(s), enough, k)));
        if (last == false && segments.stream().allMatch(SegmentSearch::exact)) {
          // None of the other stages has anything to do, nor has this one done what it is for.
          trace.add(funnel.stages().getLast(), compared.get(), cut(k), System.nanoTime() - start);
          truncated = trace.survivors(0) >= k;
          return;
        }
      } else {
        tasks.run(s -> compared.addAndGet(rescore(segments.get(s), stage)));
      }
      int keep = last ? k : stage.keep();
      long[] keys = cut(keep);
      truncated |= keys.length >= keep;
      trace.add(stage, compared.get(), keys, System.nanoTime() - start);
    }
  }

  private int scan(int s, Stage stage, AcceptDocs accept, int enough, int k) throws IOException {
    SegmentSearch segment = segments.get(s);
    int compared = segment.scan(stage, accept, true, enough, k);
    makeComparable(segment, stage);
    return compared;
  }

  private int rescore(SegmentSearch segment, Stage stage) throws IOException {
    if (stage.kind() == Stage.Kind.ASYMMETRIC && segment.estimated(stage)) {
      return 0;
    }
    int compared = segment.candidates().size();
    segment.rescore(stage);
    makeComparable(segment, stage);
    return compared;
  }

  /** Distances under different rotations say nothing about each other; estimates do. */
  private void makeComparable(SegmentSearch segment, Stage stage) throws IOException {
    if (stage.kind() == Stage.Kind.HAMMING && segments.size() > 1 && segment.exact() == false) {
      segment.cut(stage.keep());
      segment.rescore(Stage.asymmetric(stage.size(), stage.keep()));
    }
  }

  /** Keeps the best candidates of all segments; returns their keys, with shard-wide documents. */
  private long[] cut(int keep) throws IOException {
    int all = 0;
    for (SegmentSearch segment : segments) {
      all += segment.candidates().size();
    }
    long[] keys = new long[all];
    int at = 0;
    for (SegmentSearch segment : segments) {
      at = segment.keys(keys, at);
    }
    if (all <= keep) {
      return keys;
    }
    CandidateKeys.select(keys, all, keep);
    long worst = keys[keep - 1];
    long[] scratch = new long[all];
    for (SegmentSearch segment : segments) {
      int count = segment.keys(scratch, 0);
      boolean[] marks = new boolean[count];
      for (int i = 0; i < count; i++) {
        marks[i] = scratch[i] <= worst;
      }
      segment.candidates().retain(marks);
    }
    return Arrays.copyOf(keys, keep);
  }
}
