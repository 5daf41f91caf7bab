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
import org.apache.lucene.search.TaskExecutor;

/**
 * Runs a step of a search on all segments, in parallel. Small segments share a task, since handing
 * one over takes longer than searching them. Immutable.
 */
final class SegmentTasks {

  /** Vectors that are worth a task: comparing them exactly takes a millisecond. */
  private static final int WORTH_A_TASK = 4096;

  private final TaskExecutor executor;

  /** Where the segments of each task end. */
  private final List<Integer> ends = new ArrayList<>();

  /** A step on one segment. */
  interface Step {
    void run(int segment) throws IOException;
  }

  SegmentTasks(TaskExecutor executor, List<SegmentSearch> segments) {
    this.executor = executor;
    long vectors = 0;
    for (int s = 0; s < segments.size(); s++) {
      vectors += segments.get(s).segment().size();
      if (vectors >= WORTH_A_TASK || s == segments.size() - 1) {
        ends.add(s + 1);
        vectors = 0;
      }
    }
  }

  /** Returns once the step has run on all segments. */
  void run(Step step) throws IOException {
    List<Callable<Void>> tasks = new ArrayList<>(ends.size());
    int from = 0;
    for (int end : ends) {
      int first = from;
      tasks.add(
          () -> {
            for (int s = first; s < end; s++) {
              step.run(s);
            }
            return null;
          });
      from = end;
    }
    executor.invokeAll(tasks);
  }
}
