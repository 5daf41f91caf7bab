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

import java.io.IOException;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;

/**
 * Rotations that were trained for segments of a shard. Immutable.
 *
 * @param count how many
 * @param nanos what that took, without waiting for a turn
 */
public record TrainingCounts(long count, long nanos) implements Writeable {

  public static final TrainingCounts NONE = new TrainingCounts(0, 0);

  public static TrainingCounts read(StreamInput in) throws IOException {
    return new TrainingCounts(in.readVLong(), in.readVLong());
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeVLong(count);
    out.writeVLong(nanos);
  }

  public TrainingCounts plus(TrainingCounts other) {
    return new TrainingCounts(count + other.count, nanos + other.nanos);
  }
}
