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

import dev.matryoshka.search.Comparison;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reports of audits without anything to audit. */
class AuditTallyTests {

  /** Exact search keeps what it finds, which is no advice for a funnel. */
  @Test
  void whatHasNoCodesIsSaid() {
    int[] found = {0, 1};
    float[] scores = {.9f, .8f};
    for (int uncoded : new int[] {50, 100}) {
      Comparison comparison =
          new Comparison(
              100,
              uncoded,
              new Comparison.Truth(found, scores, new int[] {1, 2}),
              List.of(new Comparison.Outcome(2, found, scores, new byte[] {-1, -1}, List.of())),
              1);
      AuditTally tally = new AuditTally(new int[] {2}, 5);
      tally.add(
          "q",
          List.of(new ShardComparison(0, comparison, new int[0])),
          List.of(new AuditTally.ShardName("index", 0)),
          List.of());
      AuditReport.AtK result = tally.report().results().getFirst();
      assertEquals(
          List.of(
              "["
                  + uncoded
                  + "] of [100] documents have no codes yet and are compared at full precision, so"
                  + " that stages cannot lose them; segments get codes when they are merged with"
                  + " others"),
          result.findings());
      assertEquals(uncoded == 100, result.curve().isEmpty());
      assertEquals(uncoded == 100, result.targets().isEmpty());
    }
  }

  @Test
  void adviceCountsOnlyShardsThatHaveSomething() {
    int[] docs = {0, 1};
    float[] scores = {.9f, .8f};
    Comparison full =
        new Comparison(
            100,
            0,
            new Comparison.Truth(docs, scores, new int[] {1, 50}),
            List.of(new Comparison.Outcome(2, docs, scores, new byte[] {-1, -1}, List.of())),
            1);
    AuditTally tally = new AuditTally(new int[] {2}, 5);
    tally.add(
        "q",
        List.of(
            new ShardComparison(0, Comparison.nothing(new int[] {2}), new int[0]),
            new ShardComparison(1, full, new int[0])),
        List.of(new AuditTally.ShardName("empty", 0), new AuditTally.ShardName("full", 0)),
        List.of());
    assertEquals(50, tally.report().results().getFirst().targets().getLast().scored());
  }

  @Test
  void noAdviceKeepsFewerThanAreToBeFound() {
    int[] docs = {0, 1, 2};
    float[] scores = {.9f, .8f, .7f};
    Comparison comparison =
        new Comparison(
            100,
            0,
            new Comparison.Truth(docs, scores, new int[] {1, 1, 1}),
            List.of(new Comparison.Outcome(3, docs, scores, new byte[] {-1, -1, -1}, List.of())),
            1);
    AuditTally tally = new AuditTally(new int[] {3}, 5);
    tally.add(
        "q",
        List.of(new ShardComparison(0, comparison, new int[0])),
        List.of(new AuditTally.ShardName("index", 0)),
        List.of());
    for (AuditReport.Target target : tally.report().results().getFirst().targets()) {
      assertEquals(3, target.k1());
      assertEquals(3, target.scored());
    }
  }

  @Test
  void nothingSearchedIsSaid() {
    int[] ks = {10, 20};
    AuditTally tally = new AuditTally(ks, 5);
    ShardComparison nothing = new ShardComparison(0, Comparison.nothing(ks), new int[0]);
    tally.add("q", List.of(nothing), List.of(new AuditTally.ShardName("index", 0)), List.of());
    for (AuditReport.AtK result : tally.report().results()) {
      assertEquals(1, result.recall().mean());
      assertEquals(
          List.of("no document was to be searched, so that a recall of 1 says nothing"),
          result.findings());
    }
  }
}
