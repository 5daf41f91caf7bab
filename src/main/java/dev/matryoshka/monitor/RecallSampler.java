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

import dev.matryoshka.audit.QueryMerger;
import dev.matryoshka.audit.ShardComparison;
import dev.matryoshka.search.Comparison;
import dev.matryoshka.search.FunnelProbe;
import dev.matryoshka.search.MatryoshkaQuery;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.store.AlreadyClosedException;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.util.concurrent.AbstractRunnable;
import org.elasticsearch.index.engine.Engine;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.index.shard.IndexShardState;
import org.elasticsearch.snapshots.SearchableSnapshotsSettings;

/**
 * Runs a small random share of searches once more, exactly, in the background: one at a time on a
 * node, in small pieces, and never for more than a set share of the time. A search that is drawn
 * while there is no time for it is skipped. What remains of a search are counts. Thread-safe.
 *
 * <p>The comparison runs with the thread context of the search, so that it sees the documents that
 * its caller may see, and on the shard as it is by then.
 */
public final class RecallSampler {

  /** Share of the searches to compare, 0 to 1; dynamic, for each index. */
  public static final Setting<Double> RATE =
      share(
          "index.matryoshka.recall_sampling.rate",
          0,
          0,
          Setting.Property.Dynamic,
          Setting.Property.IndexScope);

  /** Most of one thread's time that all comparisons of a node may take, above 0 to 1; dynamic. */
  public static final Setting<Double> MAX_TIME_SHARE =
      share(
          "matryoshka.recall_sampling.max_time_share",
          0.02,
          0.0001,
          Setting.Property.Dynamic,
          Setting.Property.NodeScope);

  private static final Logger LOGGER = LogManager.getLogger(RecallSampler.class);

  private final Executor executor;
  private final CircuitBreaker breaker;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile double maxTimeShare;
  private volatile Worked last = new Worked(System.nanoTime(), 0);

  /**
   * One comparison.
   *
   * @param startNanos when it began
   * @param nanos how long it worked
   */
  private record Worked(long startNanos, long nanos) {}

  /**
   * @param executor a thread that neither searches nor audits need; it pauses a lot
   * @param breaker accounts for the memory of a comparison
   */
  public RecallSampler(Executor executor, CircuitBreaker breaker, double maxTimeShare) {
    this.executor = executor;
    this.breaker = breaker;
    this.maxTimeShare = maxTimeShare;
  }

  /** Changes {@link #MAX_TIME_SHARE}. */
  public void maxTimeShare(double share) {
    maxTimeShare = share;
  }

  /**
   * Unlike that of Elasticsearch, it does not take NaN, which is neither too little nor too much.
   */
  private static Setting<Double> share(
      String key, double byDefault, double least, Setting.Property... properties) {
    return new Setting<>(
        key,
        Double.toString(byDefault),
        text -> {
          double value = Double.parseDouble(text);
          if (value >= least && value <= 1) {
            return value;
          }
          throw new IllegalArgumentException(
              "[" + key + "] must be between [" + least + "] and [1] but was [" + text + "]");
        },
        properties);
  }

  /** What the last comparison took is made up for by a rest, as long as the setting now says. */
  private boolean resting() {
    Worked worked = last;
    return System.nanoTime() - worked.startNanos < worked.nanos / maxTimeShare;
  }

  void searched(IndexShard shard, MatryoshkaQuery query, ShardCounters counters) {
    double rate = shard.indexSettings().getValue(RATE);
    // Parents of nested vectors cannot be compared, nor what a similarity leaves of the best.
    if (rate == 0
        || query.findsParents()
        || query.hasThreshold()
        || remote(shard)
        || ThreadLocalRandom.current().nextDouble() >= rate) {
      return;
    }
    if (resting() || busy.compareAndSet(false, true) == false) {
      counters.add(LiveRecall.ofSkipped());
      return;
    }
    executor.execute(new Comparing(shard, query, counters));
  }

  /** Whether all that a comparison reads would come out of a repository. */
  private static boolean remote(IndexShard shard) {
    return SearchableSnapshotsSettings.isSearchableSnapshotStore(
        shard.indexSettings().getSettings());
  }

  private final class Comparing extends AbstractRunnable {
    private final IndexShard shard;
    private final MatryoshkaQuery query;
    private final ShardCounters counters;

    Comparing(IndexShard shard, MatryoshkaQuery query, ShardCounters counters) {
      this.shard = shard;
      this.query = query;
      this.counters = counters;
    }

    @Override
    protected void doRun() throws Exception {
      long start = System.nanoTime();
      Pace pace = new Pace();
      try (Engine.Searcher searcher = shard.acquireSearcher("matryoshka_recall_sampling")) {
        FunnelProbe probe =
            new FunnelProbe(
                searcher,
                () -> {
                  checkOpen();
                  pace.step();
                });
        long bytes = probe.bytesNeeded();
        breaker.addEstimateBytesAndMaybeBreak(bytes, "matryoshka_recall_sampling");
        try {
          Comparison comparison = probe.compare(query, new int[] {query.k()}, new int[0]);
          ShardComparison facts = new ShardComparison(0, comparison, new int[0]);
          counters.add(LiveRecall.of(QueryMerger.merge("", query.k(), List.of(facts), List.of())));
        } finally {
          breaker.addWithoutBreaking(-bytes);
        }
      } finally {
        last = new Worked(start, pace.workedNanos());
      }
    }

    private void checkOpen() {
      if (shard.state() == IndexShardState.CLOSED) {
        throw new AlreadyClosedException("shard " + shard.shardId() + " is closed");
      }
    }

    @Override
    public void onFailure(Exception e) {
      counters.add(LiveRecall.ofSkipped());
      LOGGER.debug("could not compare a search on shard " + shard.shardId(), e);
    }

    @Override
    public void onRejection(Exception e) {
      counters.add(LiveRecall.ofSkipped());
    }

    @Override
    public void onAfter() {
      busy.set(false);
    }
  }
}
