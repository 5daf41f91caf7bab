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

import dev.matryoshka.search.WarmUp;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.search.IndexSearcher;
import org.elasticsearch.common.util.concurrent.AbstractRunnable;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.index.engine.Engine;
import org.elasticsearch.index.shard.IndexEventListener;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.index.shard.IndexShardState;
import org.elasticsearch.snapshots.SearchableSnapshotsSettings;

/**
 * Searches shards in the background as they start on a node: many times until the JVM has compiled
 * what searches run on, then a few times each, so that codes and rotations are in memory. Without
 * it, the first search of a node takes a hundred times as long as later ones. Searchable snapshots
 * are left alone, since reading them costs. Thread-safe.
 */
public final class ShardWarmer implements IndexEventListener {

  private static final Logger LOGGER = LogManager.getLogger(ShardWarmer.class);

  /** A shard is searched so often, in each field. */
  private static final int SEARCHES = 4;

  /** The searches of a node after which everything is compiled. */
  private static final int SEARCHES_TO_COMPILE = 1000;

  /** Most time that one shard takes. */
  private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final AtomicLong searches = new AtomicLong();
  private volatile Executor executor;

  /** From now on, shards are searched, by threads that users' searches do not need. */
  public void searchWith(Executor warmUpExecutor) {
    executor = warmUpExecutor;
  }

  /** Searches that ran on this node. */
  public long searches() {
    return searches.get();
  }

  @Override
  public void afterIndexShardStarted(IndexShard shard) {
    Executor threads = executor;
    if (threads != null
        && SearchableSnapshotsSettings.isSearchableSnapshotStore(
                shard.indexSettings().getSettings())
            == false) {
      threads.execute(new Warming(shard));
    }
  }

  /**
   * The engine's own searcher: that of the shard shows nothing to threads without a user, keeps
   * idle shards awake and counts what is read as used. Nothing that is read here leaves the node.
   */
  private static Engine.Searcher searcher(Engine engine) {
    return engine.acquireSearcher("matryoshka_warm_up", Engine.SearcherScope.EXTERNAL);
  }

  private final class Warming extends AbstractRunnable {
    private final IndexShard shard;

    Warming(IndexShard shard) {
      this.shard = shard;
    }

    @Override
    protected void doRun() throws Exception {
      int wanted = (int) Math.max(SEARCHES, SEARCHES_TO_COMPILE - searches.get());
      long from = System.nanoTime();
      if (shard.isReadAllowed() == false) {
        return;
      }
      try (Engine.Searcher searcher = shard.withEngine(ShardWarmer::searcher)) {
        IndexSearcher plain = new IndexSearcher(searcher.getIndexReader());
        plain.setQueryCache(null);
        int ran =
            WarmUp.run(
                plain,
                wanted,
                () ->
                    System.nanoTime() - from < MAX_NANOS
                        && shard.state() != IndexShardState.CLOSED);
        searches.addAndGet(ran);
        if (ran > 0) {
          LOGGER.debug(
              "searched shard {} {} times in {} to warm it up",
              shard.shardId(),
              ran,
              TimeValue.timeValueNanos(System.nanoTime() - from));
        }
      }
    }

    @Override
    public void onFailure(Exception e) {
      if (shard.state() == IndexShardState.CLOSED) {
        return;
      }
      LOGGER.debug("could not warm up shard " + shard.shardId(), e);
    }
  }
}
