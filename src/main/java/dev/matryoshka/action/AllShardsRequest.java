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
import java.util.Map;
import org.elasticsearch.action.support.broadcast.BroadcastRequest;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.tasks.CancellableTask;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.tasks.TaskId;

/**
 * Asks one copy of every shard of some indices the same thing.
 *
 * @param <S> what is asked
 */
final class AllShardsRequest<S extends Writeable> extends BroadcastRequest<AllShardsRequest<S>> {

  private final S spec;

  AllShardsRequest(BroadcastRequest<?> from, S spec) {
    super(from.indices(), from.indicesOptions());
    this.spec = spec;
  }

  AllShardsRequest(StreamInput in, Writeable.Reader<S> reader) throws IOException {
    super(in);
    spec = reader.read(in);
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    super.writeTo(out);
    spec.writeTo(out);
  }

  S spec() {
    return spec;
  }

  @Override
  public Task createTask(
      long id, String type, String action, TaskId parentTaskId, Map<String, String> headers) {
    return new CancellableTask(id, type, action, getDescription(), parentTaskId, headers);
  }
}
