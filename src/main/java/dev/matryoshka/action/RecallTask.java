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
import java.util.Map;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.tasks.CancellableTask;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.tasks.TaskId;
import org.elasticsearch.xcontent.XContentBuilder;

/** An audit on its way. Thread-safe. */
public final class RecallTask extends CancellableTask {

  private volatile Progress progress = new Progress(0, 0);

  RecallTask(
      long id,
      String type,
      String action,
      String description,
      TaskId parent,
      Map<String, String> headers) {
    super(id, type, action, description, parent, headers);
  }

  void progress(int total, int compared) {
    progress = new Progress(total, compared);
  }

  @Override
  public Task.Status getStatus() {
    return progress;
  }

  /**
   * How far it is.
   *
   * @param total queries, 0 until they are known
   * @param compared how many of them are done
   */
  public record Progress(int total, int compared) implements Task.Status {

    /** The name on the wire. */
    public static final String NAME = "matryoshka_recall";

    /** Reads what {@link #writeTo} wrote. */
    public static Progress read(StreamInput in) throws IOException {
      WireVersion.read(in, RecallAction.NAME);
      return new Progress(in.readVInt(), in.readVInt());
    }

    @Override
    public String getWriteableName() {
      return NAME;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
      WireVersion.write(out);
      out.writeVInt(total);
      out.writeVInt(compared);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
      return builder.startObject().field("queries", total).field("compared", compared).endObject();
    }
  }
}
