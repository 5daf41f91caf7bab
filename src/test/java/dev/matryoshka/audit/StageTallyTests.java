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

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.matryoshka.search.Comparison.StageOutcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StageTallyTests {

  private static final StageOutcome HAMMING = new StageOutcome("hamming", 2000, 400, 8000);
  private static final StageOutcome ESTIMATES = new StageOutcome("asymmetric", 400, 100, 4000);
  private static final StageOutcome ALL_ESTIMATES = new StageOutcome("asymmetric", 2000, 300, 8000);
  private static final StageOutcome SCORES = new StageOutcome("float", 100, 10, 2000);

  private static List<String> labels(StageTally tally) {
    return tally.report(1).stream().map(AuditReport.StageReport::label).toList();
  }

  /** Whichever shard answers first. */
  @Test
  void orderIsThatOfTheRuns() {
    List<List<StageOutcome>> runs =
        new ArrayList<>(
            List.of(
                List.of(SCORES),
                List.of(ALL_ESTIMATES, SCORES),
                List.of(HAMMING, ESTIMATES, SCORES)));
    for (int first = 0; first < runs.size(); first++) {
      Collections.rotate(runs, 1);
      StageTally tally = new StageTally();
      runs.forEach(tally::ran);
      assertEquals(List.of("hamming", "asymmetric", "float"), labels(tally));
      StageTally backwards = new StageTally();
      runs.reversed().forEach(backwards::ran);
      assertEquals(List.of("hamming", "asymmetric", "float"), labels(backwards));
    }
  }

  @Test
  void sums() {
    StageTally tally = new StageTally();
    tally.ran(List.of(ALL_ESTIMATES, SCORES));
    tally.ran(List.of(HAMMING, ESTIMATES, SCORES));
    tally.lost(new QueryResult("q", 10, 7, Map.of("asymmetric", 3), new int[10], 0.5, null));
    List<AuditReport.StageReport> report = tally.report(2);
    assertEquals(new AuditReport.StageReport("hamming", 1000, 200, 4, 0, 0), report.get(0));
    assertEquals(new AuditReport.StageReport("asymmetric", 1200, 200, 6, 3, 0.3), report.get(1));
    assertEquals(new AuditReport.StageReport("float", 100, 10, 2, 0, 0), report.get(2));
  }
}
