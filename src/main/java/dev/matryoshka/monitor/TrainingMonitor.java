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

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.shard.IndexEventListener;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.index.shard.ShardId;

/** Adds up what training costs, as long as a shard is on this node. Thread-safe. */
public final class TrainingMonitor implements IndexEventListener {

  private final Map<ShardId, TrainingCounts> shards = new ConcurrentHashMap<>();

  /** A rotation was trained for a segment of a shard. */
  public void trained(ShardId shard, long nanos) {
    shards.merge(shard, new TrainingCounts(1, nanos), TrainingCounts::plus);
  }

  /** What was trained for a shard since it came to this node. */
  public TrainingCounts counts(ShardId shard) {
    return shards.getOrDefault(shard, TrainingCounts.NONE);
  }

  @Override
  public void afterIndexShardClosed(
      ShardId shard, @Nullable IndexShard indexShard, Settings indexSettings) {
    shards.remove(shard);
  }
}
