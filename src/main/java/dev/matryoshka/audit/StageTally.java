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

import dev.matryoshka.search.Comparison;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds up what the stages of many runs did and lost, by their labels. Runs that aim at a recall may
 * leave stages out; all of them are reported in the order of the runs. Not thread-safe.
 */
final class StageTally {

  private final Map<String, Sums> stages = new HashMap<>();
  private final List<String> order = new ArrayList<>();
  private long expected;

  private static final class Sums {
    long compared;
    long kept;
    long nanos;
    long lost;
  }

  /** Adds one run of the stages on one shard. */
  void ran(List<Comparison.StageOutcome> run) {
    int at = 0;
    for (Comparison.StageOutcome stage : run) {
      Sums sums = stages.get(stage.label());
      if (sums == null) {
        sums = new Sums();
        stages.put(stage.label(), sums);
        order.add(at, stage.label());
      }
      at = order.indexOf(stage.label()) + 1;
      sums.compared += stage.compared();
      sums.kept += stage.kept();
      sums.nanos += stage.nanos();
    }
  }

  /** Adds the losses of one query. */
  void lost(QueryResult result) {
    expected += result.expected();
    result.lost().forEach((label, lost) -> stages.get(label).lost += lost);
  }

  List<AuditReport.StageReport> report(int queries) {
    List<AuditReport.StageReport> reports = new ArrayList<>();
    for (String label : order) {
      Sums sums = stages.get(label);
      reports.add(
          new AuditReport.StageReport(
              label,
              (double) sums.compared / queries,
              (double) sums.kept / queries,
              sums.nanos / 1e3 / queries,
              sums.lost,
              expected == 0 ? 0 : (double) sums.lost / expected));
    }
    return reports;
  }
}
