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

import java.io.IOException;
import org.elasticsearch.action.support.broadcast.BroadcastShardResponse;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.index.shard.ShardId;

/**
 * What one shard answers.
 *
 * @param <A> the answer
 */
final class OneShardResponse<A extends Writeable> extends BroadcastShardResponse {

  private final A answer;

  OneShardResponse(ShardId shard, A answer) {
    super(shard);
    this.answer = answer;
  }

  OneShardResponse(StreamInput in, Writeable.Reader<A> reader) throws IOException {
    super(in);
    answer = reader.read(in);
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    super.writeTo(out);
    answer.writeTo(out);
  }

  A answer() {
    return answer;
  }
}
