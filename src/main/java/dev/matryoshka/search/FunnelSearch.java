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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.TaskExecutor;

/**
 * Runs a funnel over all segments of a searcher. Every stage runs on the segments in parallel;
 * between stages the survivors are chosen among all of them. Hamming distances under different
 * rotations cannot be compared, so with several segments a Hamming stage keeps its number in each
 * segment first, and these are then cut to the number by the asymmetric estimate, which can be.
 * Belongs to one query.
 */
final class FunnelSearch {

  private final List<SegmentSearch> segments;
  private final TaskExecutor executor;
  private final FunnelTrace trace = new FunnelTrace();
  private boolean truncated;

  FunnelSearch(List<SegmentSearch> segments, TaskExecutor executor) {
    this.segments = segments;
    this.executor = executor;
  }

  FunnelTrace trace() {
    return trace;
  }

  /** Whether some stage dropped candidates, so that a wider funnel might find more. */
  boolean truncated() {
    return truncated;
  }

  /**
   * Most heap that {@link #run} takes at a time.
   *
   * @param k candidates to keep after the last stage
   */
  long bytesNeeded(Funnel funnel, int k) {
    long bytes = 0;
    for (SegmentSearch segment : segments) {
      bytes += segment.bytesNeeded(funnel, k);
    }
    return bytes;
  }

  /** A step on one segment that returns how many vectors it compared. */
  private interface Step {
    long run(int segment) throws IOException;
  }

  /**
   * Runs all stages.
   *
   * @param accept accepted documents of each segment
   * @param k candidates to keep after the last stage
   * @return keys of the best k with their final scores, best first
   */
  long[] run(Funnel funnel, List<AcceptDocs> accept, int k) throws IOException {
    long[] keys = {};
    for (int i = 0; i < funnel.stages().size(); i++) {
      Stage stage = funnel.stages().get(i);
      boolean first = i == 0;
      int keep = stage.keep() == Stage.LAST ? k : stage.keep();
      long start = System.nanoTime();
      long compared =
          onEach(
              s -> {
                SegmentSearch segment = segments.get(s);
                if (first) {
                  int enough =
                      stage.kind() == Stage.Kind.FLOAT ? 0 : funnel.scoredAtFullPrecision();
                  int visited = segment.scan(stage, accept.get(s), enough, k);
                  makeComparable(segment, stage);
                  return visited;
                }
                if (stage.kind() == Stage.Kind.ASYMMETRIC && segment.estimated(stage)) {
                  return 0;
                }
                if (stage.keep() == Stage.LAST && funnel.adaptive() && segment.exact() == false) {
                  return segment.rescorePromising(stage, k);
                }
                int visited = segment.candidates().size();
                segment.rescore(stage);
                makeComparable(segment, stage);
                return visited;
              });
      keys = cut(keep);
      if (i == funnel.stages().size() - 1) {
        onEach(s -> segments.get(s).settle());
        keys = cut(keep);
      }
      truncated |= keys.length >= keep;
      trace.add(stage, compared, keys, System.nanoTime() - start);
    }
    Arrays.sort(keys);
    return keys;
  }

  /** Distances under different rotations say nothing about each other; estimates do. */
  private void makeComparable(SegmentSearch segment, Stage stage) throws IOException {
    if (stage.kind() == Stage.Kind.HAMMING && segments.size() > 1 && segment.exact() == false) {
      segment.cut(stage.keep());
      segment.rescore(Stage.asymmetric(stage.size(), stage.keep()));
    }
  }

  private long onEach(Step step) throws IOException {
    List<Callable<Long>> tasks = new ArrayList<>(segments.size());
    for (int s = 0; s < segments.size(); s++) {
      int segment = s;
      tasks.add(() -> step.run(segment));
    }
    long sum = 0;
    for (long compared : executor.invokeAll(tasks)) {
      sum += compared;
    }
    return sum;
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
