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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.search.vectors.VectorData;

/**
 * One query of an audit.
 *
 * @param id names it in reports
 * @param source shard of the document that the vector was taken from, which must not find itself;
 *     null for vectors from elsewhere. The document's {@code _id} is then {@code id}.
 */
record AuditQuery(String id, VectorData vector, List<Rating> ratings, @Nullable ShardId source)
    implements Writeable {

  /**
   * @throws IllegalArgumentException when a document is rated twice
   */
  AuditQuery {
    ratings = List.copyOf(ratings);
    Map<String, Set<String>> indicesById = new HashMap<>();
    for (Rating rating : ratings) {
      Set<String> indices = indicesById.computeIfAbsent(rating.id(), rated -> new HashSet<>());
      // Without an index it is whichever document has the id.
      boolean twice =
          indices.isEmpty() == false && (rating.index() == null || indices.contains(null));
      if (twice || indices.add(rating.index()) == false) {
        throw new IllegalArgumentException(
            "[ratings] of query [" + id + "] must not rate document [" + rating.id() + "] twice");
      }
    }
  }

  static AuditQuery read(StreamInput in) throws IOException {
    return new AuditQuery(
        in.readString(),
        new VectorData(in),
        in.readCollectionAsList(Rating::read),
        in.readOptionalWriteable(ShardId::new));
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeString(id);
    vector.writeTo(out);
    out.writeCollection(ratings);
    out.writeOptionalWriteable(source);
  }

  List<Integer> grades() {
    return ratings.stream().map(Rating::grade).toList();
  }
}
