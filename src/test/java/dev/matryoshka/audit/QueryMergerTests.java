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

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.matryoshka.search.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Shards merged into one answer, by hand. */
class QueryMergerTests {

  private static final List<Comparison.StageOutcome> STAGES =
      List.of(
          new Comparison.StageOutcome("coarse", 100, 10, 1),
          new Comparison.StageOutcome("fine", 10, 2, 1));

  private static ShardComparison shard(
      int number,
      int[] docs,
      float[] scores,
      int[] ranks,
      int[] found,
      float[] foundScores,
      byte... lostAt) {
    return new ShardComparison(
        number,
        new Comparison(
            100,
            0,
            new Comparison.Truth(docs, scores, ranks),
            List.of(new Comparison.Outcome(2, found, foundScores, lostAt, STAGES)),
            0.5),
        new int[0]);
  }

  @Test
  void lossesAreThoseOfTheMergedAnswerOnly() {
    // The best two of both are 0.9 of shard 0, which it loses, and 0.8 of shard 1.
    ShardComparison first =
        shard(
            0,
            new int[] {5, 6},
            new float[] {.9f, .1f},
            new int[] {40, 3},
            new int[] {6},
            new float[] {.1f},
            (byte) 0,
            (byte) -1);
    ShardComparison second =
        shard(
            1,
            new int[] {1, 2},
            new float[] {.8f, .7f},
            new int[] {2, 50},
            new int[] {1},
            new float[] {.8f},
            (byte) -1,
            (byte) 1);
    QueryResult result = QueryMerger.merge("q", 2, List.of(first, second), List.of());
    assertEquals(2, result.expected());
    assertEquals(1, result.found());
    assertEquals(Map.of("coarse", 1), result.lost());
    assertArrayEquals(new int[] {40, 2}, result.firstStageRanks());
    assertEquals(0.5, result.rankCorrelation());
  }

  @Test
  void tiesAreNoLoss() {
    // Three documents tie for two places; the funnel finds others than exact search.
    ShardComparison shard =
        shard(
            0,
            new int[] {1, 2, 3},
            new float[] {.5f, .5f, .5f},
            new int[] {30, 4, 5},
            new int[] {2, 3},
            new float[] {.5f, .5f},
            (byte) 0,
            (byte) -1,
            (byte) -1);
    QueryResult result = QueryMerger.merge("q", 2, List.of(shard), List.of());
    assertEquals(2, result.found());
    assertTrue(result.lost().isEmpty());
    assertArrayEquals(new int[] {4, 5}, result.firstStageRanks());
  }

  @Test
  void tiesDoNotStandForABetterOne() {
    // The best is lost; the two that tie for the second place are no answer to that.
    ShardComparison shard =
        shard(
            0,
            new int[] {1, 2, 3},
            new float[] {.9f, .5f, .5f},
            new int[] {30, 4, 5},
            new int[] {2, 3},
            new float[] {.5f, .5f},
            (byte) 0,
            (byte) -1,
            (byte) -1);
    QueryResult result = QueryMerger.merge("q", 2, List.of(shard), List.of());
    assertEquals(2, result.expected());
    assertEquals(1, result.found());
    assertEquals(Map.of("coarse", 1), result.lost());
    assertArrayEquals(new int[] {30, 4}, result.firstStageRanks());
  }

  @Test
  void documentsOfTheSameIdAreAsManyDocuments() {
    List<ShardComparison> shards = new ArrayList<>();
    for (int number = 0; number < 2; number++) {
      ShardComparison shard =
          shard(
              number,
              new int[] {7, 8},
              new float[] {.9f, .1f},
              new int[] {1, 2},
              new int[] {7, 8},
              new float[] {.9f, .1f},
              (byte) -1,
              (byte) -1);
      shards.add(new ShardComparison(number, shard.comparison(), new int[] {7, -1}));
    }
    QueryResult.LabelScores both = QueryMerger.merge("q", 2, shards, List.of(1, 0)).labels();
    assertEquals(1, both.recall());
    assertEquals(1, both.exactRecall());
    assertEquals(1, both.ndcg());
    assertEquals(1, both.exactNdcg());
    QueryResult.LabelScores missing = QueryMerger.merge("q", 2, shards, List.of(1, 1)).labels();
    assertEquals(2 / 3d, missing.recall(), 1e-12);
  }

  @Test
  void pageEscapesWhatUsersName() {
    ShardComparison shard =
        shard(
            0,
            new int[] {1, 2},
            new float[] {.5f, .4f},
            new int[] {30, 4},
            new int[] {2},
            new float[] {.4f},
            (byte) 0,
            (byte) -1);
    AuditTally tally = new AuditTally(new int[] {2}, 3);
    tally.add("<script>", List.of(shard), List.of(new AuditTally.ShardName("i", 0)), List.of());
    String page = ReportPage.render(tally.report(), "<b>", "\"f\"");
    assertFalse(page.contains("<script>"));
    assertFalse(page.contains("<b>,"));
    assertTrue(page.contains("&lt;script&gt;"));
    assertTrue(page.contains("0.500"));
    assertFalse(page.contains("http"));
  }
}
