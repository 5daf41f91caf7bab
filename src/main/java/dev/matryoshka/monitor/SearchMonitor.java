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

import dev.matryoshka.search.ExecutedFindAlls;
import dev.matryoshka.search.ExecutedFunnel;
import dev.matryoshka.search.ExecutedFunnels;
import dev.matryoshka.search.MatryoshkaQuery;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.search.Query;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.shard.IndexEventListener;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.index.shard.IndexShardState;
import org.elasticsearch.index.shard.SearchOperationListener;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.indices.IndicesService;
import org.elasticsearch.search.internal.SearchContext;

/**
 * Counts the searches of a node, and hands them to those who learn from them. Counters live as long
 * as their shard is on the node. Not counted are searches that found nothing, and those that the
 * shard request cache may have answered. Thread-safe.
 */
public final class SearchMonitor implements SearchOperationListener, IndexEventListener {

  private final Map<ShardId, ShardCounters> shards = new ConcurrentHashMap<>();
  private final KeptQueries kept;
  private volatile RecallSampler sampler;

  /**
   * @param kept receives the queries
   */
  public SearchMonitor(KeptQueries kept) {
    this.kept = kept;
  }

  /** From now on, searches are sampled. */
  public void sampleWith(RecallSampler recallSampler) {
    sampler = recallSampler;
  }

  @Override
  public void onQueryPhase(SearchContext context, long tookInNanos) {
    if (ranForSure(context)) {
      IndexShard shard = context.indexShard();
      Query rewritten = context.rewrittenQuery();
      ExecutedFunnels.visit(rewritten, (query, funnel) -> searched(shard, query, funnel));
      ExecutedFindAlls.visit(rewritten, executed -> counters(shard).foundAll(executed));
    }
  }

  /** Asking for the rewritten query would run the search where it has not run. */
  private static boolean ranForSure(SearchContext context) {
    // The phase in which knn of dense_vector runs has no such result.
    return context.queryResult() != null
        && context.queryResult().searchTimedOut() == false
        && context.queryPhaseRankShardContext() == null
        && context.hasOnlySuggest() == false
        && IndicesService.canCache(context.request(), context) == false;
  }

  private void searched(IndexShard shard, MatryoshkaQuery query, ExecutedFunnel funnel) {
    ShardCounters counters = counters(shard);
    counters.searched(funnel);
    kept.searched(shard, query);
    RecallSampler recallSampler = sampler;
    if (recallSampler != null) {
      recallSampler.searched(shard, query, counters);
    }
  }

  private ShardCounters counters(IndexShard shard) {
    ShardCounters counters =
        shards.computeIfAbsent(
            shard.shardId(),
            id -> shard.state() == IndexShardState.CLOSED ? null : new ShardCounters());
    // Points in time go on on a shard that has left, whose counters must not come back.
    return counters == null ? new ShardCounters() : counters;
  }

  /** What happened on a shard since it came to this node. */
  public SearchCounts counts(ShardId shard) {
    ShardCounters counters = shards.get(shard);
    return counters == null ? SearchCounts.NONE : counters.counts();
  }

  /** What happened on all shards that are on this node. */
  public SearchCounts counts() {
    return shards.values().stream()
        .map(ShardCounters::counts)
        .reduce(SearchCounts.NONE, SearchCounts::plus);
  }

  @Override
  public void afterIndexShardClosed(
      ShardId shard, @Nullable IndexShard indexShard, Settings indexSettings) {
    shards.remove(shard);
  }
}
