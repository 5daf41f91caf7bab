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
package dev.matryoshka.query;

import dev.matryoshka.mapper.MatryoshkaVectorFieldType;
import java.io.IOException;
import java.util.Objects;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.elasticsearch.TransportVersion;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.lucene.search.Queries;
import org.elasticsearch.index.query.LeafQueryBuilder;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.search.vectors.DenseVectorQuery;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;

/**
 * Scores every document that has a vector, at full precision. A {@link MatryoshkaQueryBuilder}
 * turns into it where inner hits are collected: the children of one parent are all to be scored,
 * whether or not they are among the k best of the shard. Not for users.
 */
public final class ExactMatryoshkaQueryBuilder
    extends LeafQueryBuilder<ExactMatryoshkaQueryBuilder> {

  /** The name on the wire. */
  public static final String NAME = "exact_matryoshka";

  private final String field;
  private final VectorData queryVector;

  ExactMatryoshkaQueryBuilder(String field, VectorData queryVector) {
    this.field = Objects.requireNonNull(field);
    this.queryVector = Objects.requireNonNull(queryVector);
  }

  /** Reads what {@link #writeTo} wrote. */
  public ExactMatryoshkaQueryBuilder(StreamInput in) throws IOException {
    super(in);
    WireVersion.read(in, NAME);
    field = in.readString();
    queryVector = new VectorData(in);
  }

  /** Always throws {@link IllegalArgumentException}: users have {@code stages} for this. */
  public static ExactMatryoshkaQueryBuilder fromXContent(XContentParser parser) {
    throw new IllegalArgumentException(
        "[" + NAME + "] queries cannot be written; use [" + MatryoshkaQueryBuilder.NAME + "]");
  }

  @Override
  protected void doWriteTo(StreamOutput out) throws IOException {
    WireVersion.write(out);
    out.writeString(field);
    queryVector.writeTo(out);
  }

  @Override
  protected void doXContent(XContentBuilder builder, Params params) throws IOException {
    builder.startObject(NAME);
    builder.field(QueryParameters.FIELD.getPreferredName(), field);
    builder.field(QueryParameters.QUERY_VECTOR.getPreferredName(), queryVector);
    boostAndQueryNameToXContent(builder);
    builder.endObject();
  }

  @Override
  protected Query doToQuery(SearchExecutionContext context) {
    MatryoshkaVectorFieldType type = MatryoshkaQueryBuilder.fieldType(context, field);
    if (type == null) {
      return Queries.NO_DOCS_INSTANCE;
    }
    if (type.dims() == null) {
      return new MatchNoDocsQuery("no vectors in field [" + field + "]");
    }
    return new DenseVectorQuery.Floats(type.resolveQueryVector(queryVector), type.name(), null);
  }

  @Override
  public String getWriteableName() {
    return NAME;
  }

  @Override
  public TransportVersion getMinimalSupportedVersion() {
    return TransportVersion.minimumCompatible();
  }

  @Override
  protected boolean doEquals(ExactMatryoshkaQueryBuilder other) {
    return field.equals(other.field) && queryVector.equals(other.queryVector);
  }

  @Override
  protected int doHashCode() {
    return Objects.hash(field, queryVector);
  }
}
