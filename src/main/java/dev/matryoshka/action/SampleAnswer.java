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
import java.util.List;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;

/**
 * Vectors drawn from one shard.
 *
 * @param mapped whether its index has the field at all
 * @param total vectors there are to draw from
 */
record SampleAnswer(boolean mapped, int total, List<Drawn> drawn) implements Writeable {

  SampleAnswer {
    drawn = List.copyOf(drawn);
  }

  /**
   * A vector.
   *
   * @param key the least keys of all shards make the sample
   * @param id of its document, or of the query
   */
  record Drawn(long key, String id, float[] vector) {}

  static SampleAnswer read(StreamInput in) throws IOException {
    return new SampleAnswer(
        in.readBoolean(),
        in.readVInt(),
        in.readCollectionAsList(
            each -> new Drawn(each.readLong(), each.readString(), each.readFloatArray())));
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeBoolean(mapped);
    out.writeVInt(total);
    out.writeCollection(
        drawn,
        (stream, each) -> {
          stream.writeLong(each.key);
          stream.writeString(each.id);
          stream.writeFloatArray(each.vector);
        });
  }
}
