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
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.core.Nullable;

/**
 * A relevance label, as in {@code _rank_eval}.
 *
 * @param index index of the document; null where there is one only
 * @param grade relevant if positive; 0 to {@value #MAX_GRADE}
 */
record Rating(@Nullable String index, String id, int grade) implements Writeable {

  /** Beyond it gains of two to the power of the grade are more than anybody means. */
  static final int MAX_GRADE = 30;

  Rating {
    if (grade < 0 || grade > MAX_GRADE) {
      throw new IllegalArgumentException(
          "[rating] must be between [0] and [" + MAX_GRADE + "] but was [" + grade + "]");
    }
  }

  static Rating read(StreamInput in) throws IOException {
    return new Rating(in.readOptionalString(), in.readString(), in.readVInt());
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeOptionalString(index);
    out.writeString(id);
    out.writeVInt(grade);
  }
}
