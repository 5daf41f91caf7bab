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
import dev.matryoshka.search.FindAllQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.elasticsearch.TransportVersion;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.lucene.search.Queries;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.query.LeafQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.QueryRewriteContext;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.search.vectors.DenseVectorQuery;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;

/**
 * Scores every accepted document that has a vector, at full precision. A {@link
 * MatryoshkaQueryBuilder} turns into it where inner hits are collected: the children of one parent
 * are all to be scored, whether or not they are among the k best of the shard, and whatever limits
 * there are for comparing those of all hits. Not for users.
 */
public final class ExactMatryoshkaQueryBuilder
    extends LeafQueryBuilder<ExactMatryoshkaQueryBuilder> {

  /** The name on the wire. */
  public static final String NAME = "exact_matryoshka";

  /** What is written has filters from this version on. */
  private static final byte WITH_FILTERS = 2;

  /** And a similarity from this one on, which is written only where there is one. */
  private static final byte WITH_SIMILARITY = 3;

  private final String field;
  private final VectorData queryVector;
  private final Float similarity;
  private final List<QueryBuilder> filters;

  /**
   * @param similarity what is to be reached, or null
   */
  ExactMatryoshkaQueryBuilder(
      String field,
      VectorData queryVector,
      @Nullable Float similarity,
      List<QueryBuilder> filters) {
    this.field = Objects.requireNonNull(field);
    this.queryVector = Objects.requireNonNull(queryVector);
    this.similarity = similarity;
    this.filters = List.copyOf(filters);
  }

  /** Reads what {@link #writeTo} wrote. */
  public ExactMatryoshkaQueryBuilder(StreamInput in) throws IOException {
    super(in);
    byte version = WireVersion.read(in, WITH_SIMILARITY, NAME);
    field = in.readString();
    queryVector = new VectorData(in);
    filters =
        version >= WITH_FILTERS
            ? in.readNamedWriteableCollectionAsList(QueryBuilder.class)
            : List.of();
    similarity = version >= WITH_SIMILARITY ? in.readFloat() : null;
  }

  /** Always throws {@link IllegalArgumentException}: users have {@code stages} for this. */
  public static ExactMatryoshkaQueryBuilder fromXContent(XContentParser parser) {
    throw new IllegalArgumentException(
        "[" + NAME + "] queries cannot be written; use [" + MatryoshkaQueryBuilder.NAME + "]");
  }

  @Override
  protected void doWriteTo(StreamOutput out) throws IOException {
    WireVersion.write(out, similarity == null ? WITH_FILTERS : WITH_SIMILARITY);
    out.writeString(field);
    queryVector.writeTo(out);
    out.writeNamedWriteableCollection(filters);
    if (similarity != null) {
      out.writeFloat(similarity);
    }
  }

  @Override
  protected void doXContent(XContentBuilder builder, Params params) throws IOException {
    builder.startObject(NAME);
    builder.field(QueryParameters.FIELD.getPreferredName(), field);
    builder.field(QueryParameters.QUERY_VECTOR.getPreferredName(), queryVector);
    if (similarity != null) {
      builder.field(QueryParameters.SIMILARITY.getPreferredName(), similarity);
    }
    builder.xContentList(QueryParameters.FILTER.getPreferredName(), filters, params);
    boostAndQueryNameToXContent(builder);
    builder.endObject();
  }

  @Override
  protected QueryBuilder doRewrite(QueryRewriteContext context) throws IOException {
    if (context.convertToInnerHitsRewriteContext() != null) {
      return this;
    }
    List<QueryBuilder> rewritten = new ArrayList<>(filters.size());
    boolean changed = false;
    for (QueryBuilder filter : filters) {
      rewritten.add(filter.rewrite(context));
      changed |= rewritten.getLast() != filter;
    }
    return changed
        ? new ExactMatryoshkaQueryBuilder(field, queryVector, similarity, rewritten)
            .boost(boost)
            .queryName(queryName)
        : this;
  }

  @Override
  protected Query doToQuery(SearchExecutionContext context) throws IOException {
    MatryoshkaVectorFieldType type = MatryoshkaQueryBuilder.fieldType(context, field);
    if (type == null) {
      return Queries.NO_DOCS_INSTANCE;
    }
    if (type.dims() == null) {
      return new MatchNoDocsQuery("no vectors in field [" + field + "]");
    }
    float[] target = type.resolveQueryVector(queryVector);
    Query all =
        similarity == null
            ? new DenseVectorQuery.Floats(target, type.name(), null)
            : new FindAllQuery(
                type.name(),
                target,
                type.threshold(similarity),
                FindAllQuery.Mode.LOSSLESS,
                Long.MAX_VALUE,
                MatryoshkaQueryBuilder.CANCELLATION);
    Query accepted = VectorFilters.of(type.name(), filters, context).filter();
    return accepted == null
        ? all
        : new BooleanQuery.Builder()
            .add(all, BooleanClause.Occur.MUST)
            .add(accepted, BooleanClause.Occur.FILTER)
            .build();
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
    return field.equals(other.field)
        && queryVector.equals(other.queryVector)
        && Objects.equals(similarity, other.similarity)
        && filters.equals(other.filters);
  }

  @Override
  protected int doHashCode() {
    return Objects.hash(field, queryVector, similarity, filters);
  }
}
