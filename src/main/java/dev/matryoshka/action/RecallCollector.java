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
package dev.matryoshka.action;

import dev.matryoshka.audit.AuditTally;
import dev.matryoshka.audit.AuditTally.ShardName;
import dev.matryoshka.audit.ShardComparison;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.elasticsearch.index.shard.ShardId;

/** The facts of one audit as they come in, batch by batch. Not thread-safe. */
final class RecallCollector {

  private final AuditTally tally;
  private final Map<ShardId, Integer> numbers = new HashMap<>();
  private final List<ShardName> names = new ArrayList<>();
  private boolean mapped;

  RecallCollector(int[] ks, int worst) {
    this.tally = new AuditTally(ks, worst);
  }

  void add(List<AuditQuery> batch, List<OneShardResponse<CompareAnswer>> shards) {
    for (int q = 0; q < batch.size(); q++) {
      List<ShardComparison> facts = new ArrayList<>();
      for (OneShardResponse<CompareAnswer> shard : shards) {
        CompareAnswer.Facts each = shard.answer().facts().get(q);
        int number = numbers.computeIfAbsent(shard.getShardId(), this::name);
        facts.add(new ShardComparison(number, each.comparison(), each.ratedDocs()));
        mapped |= shard.answer().mapped();
      }
      tally.add(batch.get(q).id(), facts, names, batch.get(q).grades());
    }
  }

  private int name(ShardId shard) {
    names.add(new ShardName(shard.getIndexName(), shard.id()));
    return names.size() - 1;
  }

  /** Whether any index has the field. */
  boolean mapped() {
    return mapped;
  }

  int shards() {
    return names.size();
  }

  AuditTally tally() {
    return tally;
  }
}
