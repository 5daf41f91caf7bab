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
package dev.matryoshka.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.matryoshka.audit.QueryResult;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sums of sampled searches. */
class LiveRecallTests {

  private static QueryResult result(int found) {
    Map<String, Integer> lost = found == 10 ? Map.of() : Map.of("coarse", 10 - found);
    return new QueryResult("", 10, found, lost, new int[0], 0, null);
  }

  @Test
  void addsUp() {
    LiveRecall recall =
        LiveRecall.of(result(10))
            .plus(LiveRecall.of(result(5)))
            .plus(LiveRecall.ofSkipped())
            .plus(LiveRecall.NONE);
    assertEquals(2, recall.queries());
    assertEquals(1, recall.skipped());
    assertEquals(0.75, recall.mean());
    assertEquals(1, recall.perfect());
    assertEquals(20, recall.expected());
    assertEquals(Map.of("coarse", 5L), recall.lost());
    assertEquals(1L, recall.histogram().get(5));
    assertEquals(1L, recall.histogram().get(9));
  }

  /** Figures of the Wilson interval for 81 of 263, from Newcombe 1998, table I. */
  @Test
  void intervalIsWilsons() {
    LiveRecall recall = new LiveRecall(263, 0, 81, 0, 263, Map.of(), LiveRecall.NONE.histogram());
    assertEquals(0.2553, recall.interval().low(), 1e-4);
    assertEquals(0.3662, recall.interval().high(), 1e-4);
    assertEquals(new LiveRecall.Interval(0, 1), LiveRecall.NONE.interval());
    LiveRecall perfect = LiveRecall.of(result(10));
    assertTrue(perfect.interval().low() < 0.3);
    assertEquals(1, perfect.interval().high(), 1e-9);
  }
}
