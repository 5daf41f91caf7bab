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

/** Runs a step of a search on all segments, in parallel. Immutable. */
record SegmentTasks(TaskExecutor executor, int segments) {

  /** A step on one segment. */
  interface Step {
    void run(int segment) throws IOException;
  }

  /** Returns once the step has run on all segments. */
  void run(Step step) throws IOException {
    List<Callable<Void>> tasks = new ArrayList<>(segments);
    for (int s = 0; s < segments; s++) {
      int segment = s;
      tasks.add(
          () -> {
            step.run(segment);
            return null;
          });
    }
    executor.invokeAll(tasks);
  }
}
