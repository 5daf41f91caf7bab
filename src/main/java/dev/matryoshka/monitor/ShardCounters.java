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

import dev.matryoshka.search.Comparison;
import dev.matryoshka.search.ExecutedFindAll;
import dev.matryoshka.search.ExecutedFunnel;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts what searches do on one shard copy. Thread-safe; a search takes a few additions. */
final class ShardCounters {

  private final LongAdder searches = new LongAdder();
  private final LongAdder predicted = new LongAdder();
  private final DoubleAdder predictedRecall = new DoubleAdder();
  private final Map<String, StageCounters> stages = new ConcurrentHashMap<>();
  private final LongAdder findAlls = new LongAdder();
  private final LongAdder fastFindAlls = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder verified = new LongAdder();
  private final DoubleAdder expectedRecall = new DoubleAdder();
  private final AtomicReference<LiveRecall> liveRecall = new AtomicReference<>(LiveRecall.NONE);

  private static final class StageCounters {
    final LongAdder runs = new LongAdder();
    final LongAdder compared = new LongAdder();
    final LongAdder kept = new LongAdder();
    final LongAdder nanos = new LongAdder();
  }

  void searched(ExecutedFunnel funnel) {
    searches.increment();
    if (Double.isNaN(funnel.predictedRecall()) == false) {
      predicted.increment();
      predictedRecall.add(funnel.predictedRecall());
    }
    for (Comparison.StageOutcome stage : funnel.stages()) {
      StageCounters counters = stages.computeIfAbsent(stage.label(), label -> new StageCounters());
      counters.runs.increment();
      counters.compared.add(stage.compared());
      counters.kept.add(stage.kept());
      counters.nanos.add(stage.nanos());
    }
  }

  void foundAll(ExecutedFindAll executed) {
    findAlls.increment();
    skipped.add(executed.skipped());
    verified.add(executed.verified());
    if (executed.fast()) {
      fastFindAlls.increment();
      expectedRecall.add(executed.expectedRecall());
    }
  }

  /** Rare, so that a compare-and-set is cheap enough. */
  void add(LiveRecall sampled) {
    liveRecall.accumulateAndGet(sampled, LiveRecall::plus);
  }

  SearchCounts counts() {
    Map<String, SearchCounts.StageCounts> counts = new TreeMap<>();
    stages.forEach(
        (label, each) ->
            counts.put(
                label,
                new SearchCounts.StageCounts(
                    each.runs.sum(), each.compared.sum(), each.kept.sum(), each.nanos.sum())));
    SearchCounts.FindAlls found =
        new SearchCounts.FindAlls(
            findAlls.sum(),
            fastFindAlls.sum(),
            expectedRecall.sum(),
            skipped.sum(),
            verified.sum());
    return new SearchCounts(
        searches.sum(), predicted.sum(), predictedRecall.sum(), counts, liveRecall.get(), found);
  }
}
