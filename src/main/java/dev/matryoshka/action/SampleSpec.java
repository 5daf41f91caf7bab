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
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;

/** Vectors of a field to draw from all shards together. */
record SampleSpec(String field, int size, long seed, Source source) implements Writeable {

  /** The first version with a source other than documents. */
  private static final byte WITH_SOURCE = 2;

  /** What to draw from; new ones go last. */
  enum Source {
    DOCUMENTS,
    /** The latest searches, of which an index has to keep the vectors. */
    QUERIES
  }

  static SampleSpec read(StreamInput in) throws IOException {
    byte version = WireVersion.read(in, WITH_SOURCE, SampleAction.NAME);
    return new SampleSpec(
        in.readString(),
        in.readVInt(),
        in.readLong(),
        version >= WITH_SOURCE ? in.readEnum(Source.class) : Source.DOCUMENTS);
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    WireVersion.write(out, WITH_SOURCE);
    out.writeString(field);
    out.writeVInt(size);
    out.writeLong(seed);
    out.writeEnum(source);
  }
}
