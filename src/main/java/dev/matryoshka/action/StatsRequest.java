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

import dev.matryoshka.query.WireVersion;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.elasticsearch.action.support.broadcast.BroadcastRequest;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.tasks.CancellableTask;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.tasks.TaskId;

/** Asks for the statistics of some indices. */
public final class StatsRequest extends BroadcastRequest<StatsRequest> {

  /** How much to tell. The finest level also reads codes and vectors to see how they are. */
  public enum Level {
    INDICES,
    SHARDS,
    SEGMENTS;

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The level for a name in a request.
     *
     * @throws IllegalArgumentException that lists the names when there is none
     */
    public static Level of(String label) {
      for (Level level : values()) {
        if (level.label().equals(label)) {
          return level;
        }
      }
      throw new IllegalArgumentException(
          "[level] must be one of ["
              + Arrays.stream(values()).map(Level::label).collect(Collectors.joining(", "))
              + "] but was ["
              + label
              + "]");
    }
  }

  private final Level level;

  /** Asks for some indices, none meaning all. */
  public StatsRequest(Level level, String... indices) {
    super(indices);
    this.level = level;
  }

  /** Reads what {@link #writeTo} wrote. */
  public StatsRequest(StreamInput in) throws IOException {
    super(in);
    WireVersion.read(in, StatsAction.NAME);
    level = Level.of(in.readString());
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    super.writeTo(out);
    WireVersion.write(out);
    out.writeString(level.label());
  }

  /** How much to tell. */
  public Level level() {
    return level;
  }

  @Override
  public Task createTask(
      long id, String type, String action, TaskId parentTaskId, Map<String, String> headers) {
    return new CancellableTask(id, type, action, getDescription(), parentTaskId, headers);
  }
}
