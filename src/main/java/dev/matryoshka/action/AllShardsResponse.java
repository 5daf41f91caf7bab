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

import java.util.List;
import org.elasticsearch.action.support.TransportAction;
import org.elasticsearch.action.support.broadcast.BaseBroadcastResponse;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;

/**
 * What all shards answer. Never leaves the node that asked.
 *
 * @param <A> the answer of one
 */
final class AllShardsResponse<A extends Writeable> extends BaseBroadcastResponse {

  private final List<OneShardResponse<A>> shards;

  AllShardsResponse(List<OneShardResponse<A>> shards) {
    super(shards.size(), shards.size(), 0, List.of());
    this.shards = List.copyOf(shards);
  }

  List<OneShardResponse<A>> shards() {
    return shards;
  }

  @Override
  public void writeTo(StreamOutput out) {
    TransportAction.localOnly();
  }
}
