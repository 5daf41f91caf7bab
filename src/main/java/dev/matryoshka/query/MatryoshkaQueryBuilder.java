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

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.mapper.MatryoshkaVectorFieldMapper;
import dev.matryoshka.mapper.MatryoshkaVectorFieldType;
import dev.matryoshka.search.Cancellation;
import dev.matryoshka.search.MatryoshkaQuery;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.SetOnce;
import org.elasticsearch.TransportVersion;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.lucene.search.Queries;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.mapper.MappedFieldType;
import org.elasticsearch.index.query.AbstractQueryBuilder;
import org.elasticsearch.index.query.BoolQueryBuilder;
import org.elasticsearch.index.query.LeafQueryBuilder;
import org.elasticsearch.index.query.MatchNoneQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.QueryRewriteContext;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.index.query.ToChildBlockJoinQueryBuilder;
import org.elasticsearch.search.SearchService;
import org.elasticsearch.search.internal.ContextIndexSearcher;
import org.elasticsearch.search.vectors.QueryVectorBuilder;
import org.elasticsearch.search.vectors.QueryVectorBuilderAsyncAction;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.xcontent.ConstructingObjectParser;
import org.elasticsearch.xcontent.ObjectParser.ValueType;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;

/**
 * The {@code matryoshka} query: the k documents of each shard whose vectors are most similar to a
 * query vector, scored at full precision. Parameters are named as in the {@code knn} query; {@code
 * stages} spells the funnel out. Immutable but for boost and name.
 */
public final class MatryoshkaQueryBuilder extends LeafQueryBuilder<MatryoshkaQueryBuilder> {

  /** The name in requests and on the wire. */
  public static final String NAME = "matryoshka";

  /** The greatest {@code k}. */
  public static final int MAX_K = 10_000;

  static final ParseField FIELD = new ParseField("field");
  static final ParseField QUERY_VECTOR = new ParseField("query_vector");
  private static final ParseField QUERY_VECTOR_BUILDER = new ParseField("query_vector_builder");
  private static final ParseField K = new ParseField("k");
  private static final ParseField FILTER = new ParseField("filter");

  private static final Cancellation CANCELLATION =
      searcher ->
          searcher instanceof ContextIndexSearcher cancellable
              ? cancellable::checkCancelled
              : () -> {};

  @SuppressWarnings("unchecked")
  private static final ConstructingObjectParser<MatryoshkaQueryBuilder, Void> PARSER =
      new ConstructingObjectParser<>(
          NAME,
          args ->
              new MatryoshkaQueryBuilder(
                  (String) args[0],
                  (VectorData) args[1],
                  (QueryVectorBuilder) args[2],
                  (Integer) args[3],
                  args[4] == null ? List.of() : (List<QueryBuilder>) args[4],
                  (QueryStages) args[5]));

  static {
    PARSER.declareString(ConstructingObjectParser.constructorArg(), FIELD);
    PARSER.declareField(
        ConstructingObjectParser.optionalConstructorArg(),
        (parser, context) -> VectorData.parseXContent(parser),
        QUERY_VECTOR,
        ValueType.OBJECT_ARRAY_STRING_OR_NUMBER);
    PARSER.declareNamedObject(
        ConstructingObjectParser.optionalConstructorArg(),
        (parser, context, name) -> parser.namedObject(QueryVectorBuilder.class, name, context),
        QUERY_VECTOR_BUILDER);
    PARSER.declareInt(ConstructingObjectParser.optionalConstructorArg(), K);
    PARSER.declareFieldArray(
        ConstructingObjectParser.optionalConstructorArg(),
        (parser, context) -> AbstractQueryBuilder.parseTopLevelQuery(parser),
        FILTER,
        ValueType.OBJECT_ARRAY);
    PARSER.declareField(
        ConstructingObjectParser.optionalConstructorArg(),
        (parser, context) -> QueryStages.parse(parser),
        QueryStages.STAGES,
        ValueType.OBJECT_ARRAY);
    declareStandardFields(PARSER);
  }

  private final String field;
  private final VectorData queryVector;
  private final QueryVectorBuilder queryVectorBuilder;
  private final Supplier<float[]> vectorBeingBuilt;
  private final Integer k;
  private final List<QueryBuilder> filters;
  private final QueryStages stages;

  /**
   * A query with the default funnel.
   *
   * @param field name of a {@code matryoshka_vector} field
   * @param queryVector as many components as the field has dims, not copied
   * @param k documents to find in each shard, 1 to {@link #MAX_K}; null takes the size of the
   *     request
   * @param filters what documents must match to be considered
   */
  public MatryoshkaQueryBuilder(
      String field, float[] queryVector, @Nullable Integer k, List<QueryBuilder> filters) {
    this(field, VectorData.fromFloats(queryVector), null, k, filters, null);
  }

  /**
   * A query with a funnel of its own.
   *
   * @param stages as in the {@code stages} of a request: the last one compares all dims and has no
   *     {@code keep}
   */
  public MatryoshkaQueryBuilder(
      String field,
      float[] queryVector,
      @Nullable Integer k,
      List<QueryBuilder> filters,
      List<Stage> stages) {
    this(field, VectorData.fromFloats(queryVector), null, k, filters, new QueryStages(stages));
  }

  /**
   * A query as a request spells it.
   *
   * @param queryVector null when a builder makes it
   * @param stages null for the default funnel
   */
  public MatryoshkaQueryBuilder(
      String field,
      @Nullable VectorData queryVector,
      @Nullable QueryVectorBuilder queryVectorBuilder,
      @Nullable Integer k,
      List<QueryBuilder> filters,
      @Nullable QueryStages stages) {
    this(field, queryVector, queryVectorBuilder, null, k, filters, stages);
  }

  private MatryoshkaQueryBuilder(
      String field,
      VectorData queryVector,
      QueryVectorBuilder queryVectorBuilder,
      Supplier<float[]> vectorBeingBuilt,
      Integer k,
      List<QueryBuilder> filters,
      QueryStages stages) {
    if (field == null) {
      throw new IllegalArgumentException("[" + NAME + "] query requires a [field]");
    }
    if (queryVector == null == (queryVectorBuilder == null)) {
      throw new IllegalArgumentException(
          "["
              + NAME
              + "] query requires either [query_vector] or [query_vector_builder] but got "
              + (queryVector == null ? "neither" : "both"));
    }
    if (k != null && (k < 1 || k > MAX_K)) {
      throw new IllegalArgumentException(
          "[k] must be between [1] and [" + MAX_K + "] but was [" + k + "]");
    }
    if (k != null && stages != null) {
      stages.checkKeepsAtLeast(k);
    }
    this.field = field;
    this.queryVector = queryVector;
    this.queryVectorBuilder = queryVectorBuilder;
    this.vectorBeingBuilt = vectorBeingBuilt;
    this.k = k;
    this.filters = List.copyOf(filters);
    this.stages = stages;
  }

  /** Reads what {@link #writeTo} wrote. */
  public MatryoshkaQueryBuilder(StreamInput in) throws IOException {
    super(in);
    WireVersion.read(in, NAME);
    field = in.readString();
    queryVector = in.readOptionalWriteable(VectorData::new);
    queryVectorBuilder = in.readOptionalNamedWriteable(QueryVectorBuilder.class);
    vectorBeingBuilt = null;
    k = in.readOptionalVInt();
    filters = List.copyOf(readQueries(in));
    stages = in.readOptionalWriteable(QueryStages::read);
  }

  @Override
  protected void doWriteTo(StreamOutput out) throws IOException {
    checkVectorIsBuilt();
    WireVersion.write(out);
    out.writeString(field);
    out.writeOptionalWriteable(queryVector);
    out.writeOptionalNamedWriteable(queryVectorBuilder);
    out.writeOptionalVInt(k);
    writeQueries(out, filters);
    out.writeOptionalWriteable(stages);
  }

  /** Reads the body of the query from a request. */
  public static MatryoshkaQueryBuilder fromXContent(XContentParser parser) {
    return PARSER.apply(parser, null);
  }

  @Override
  protected void doXContent(XContentBuilder builder, Params params) throws IOException {
    checkVectorIsBuilt();
    builder.startObject(NAME);
    builder.field(FIELD.getPreferredName(), field);
    if (queryVector != null) {
      builder.field(QUERY_VECTOR.getPreferredName(), queryVector);
    }
    if (queryVectorBuilder != null) {
      builder.startObject(QUERY_VECTOR_BUILDER.getPreferredName());
      builder.field(queryVectorBuilder.getWriteableName(), queryVectorBuilder);
      builder.endObject();
    }
    if (k != null) {
      builder.field(K.getPreferredName(), k);
    }
    if (filters.isEmpty() == false) {
      builder.startArray(FILTER.getPreferredName());
      for (QueryBuilder filter : filters) {
        filter.toXContent(builder, params);
      }
      builder.endArray();
    }
    if (stages != null) {
      stages.toXContent(builder, params);
    }
    boostAndQueryNameToXContent(builder);
    builder.endObject();
  }

  private void checkVectorIsBuilt() {
    if (vectorBeingBuilt != null) {
      throw new IllegalStateException("the query vector is still being built; rewrite first");
    }
  }

  @Override
  protected QueryBuilder doRewrite(QueryRewriteContext context) throws IOException {
    if (vectorBeingBuilt != null) {
      float[] built = vectorBeingBuilt.get();
      return built == null ? this : with(VectorData.fromFloats(built), null, null, filters);
    }
    if (queryVectorBuilder != null) {
      SetOnce<float[]> built = new SetOnce<>();
      context.registerUniqueAsyncAction(
          new QueryVectorBuilderAsyncAction(queryVectorBuilder), built::set);
      return with(null, queryVectorBuilder, built::get, filters);
    }
    List<QueryBuilder> rewritten = new ArrayList<>(filters.size());
    boolean changed = false;
    for (QueryBuilder filter : filters) {
      QueryBuilder rewrittenFilter = filter.rewrite(context);
      if (rewrittenFilter instanceof MatchNoneQueryBuilder) {
        return rewrittenFilter;
      }
      changed |= rewrittenFilter != filter;
      rewritten.add(rewrittenFilter);
    }
    if (changed) {
      return with(queryVector, null, null, rewritten);
    }
    return context.convertToInnerHitsRewriteContext() == null ? this : forInnerHits();
  }

  private MatryoshkaQueryBuilder with(
      VectorData vector,
      QueryVectorBuilder vectorBuilder,
      Supplier<float[]> beingBuilt,
      List<QueryBuilder> newFilters) {
    return new MatryoshkaQueryBuilder(
            field, vector, vectorBuilder, beingBuilt, k, newFilters, stages)
        .boost(boost)
        .queryName(queryName);
  }

  /** All children of a hit are wanted then, not only those among the k best of the shard. */
  private QueryBuilder forInnerHits() {
    QueryBuilder exact = new ExactMatryoshkaQueryBuilder(field, queryVector).boost(boost);
    if (filters.isEmpty()) {
      return exact;
    }
    BoolQueryBuilder filtered = new BoolQueryBuilder().must(exact);
    for (QueryBuilder filter : filters) {
      // A filter may speak of the children or of their parents.
      filtered.filter(
          new BoolQueryBuilder().should(filter).should(new ToChildBlockJoinQueryBuilder(filter)));
    }
    return filtered;
  }

  @Override
  protected Query doToQuery(SearchExecutionContext context) throws IOException {
    MatryoshkaVectorFieldType type = fieldType(context, field);
    if (type == null) {
      return Queries.NO_DOCS_INSTANCE;
    }
    if (type.dims() == null) {
      return new MatchNoDocsQuery("no vectors in field [" + field + "]");
    }
    float[] target = type.resolveQueryVector(queryVector);
    int wanted = k == null ? defaultK(context) : k;
    VectorFilters accepted = VectorFilters.of(type.name(), filters, context);
    return new MatryoshkaQuery(
        type.name(),
        target,
        wanted,
        accepted.filter(),
        checkedStages(type, wanted),
        accepted.parents(),
        CANCELLATION);
  }

  private List<Stage> checkedStages(MatryoshkaVectorFieldType type, int wanted) {
    if (stages == null) {
      return null;
    }
    stages.checkKeepsAtLeast(wanted);
    List<Integer> bits = type.codecOptions().map(CodecOptions::bits).orElseThrow();
    stages.check(field, type.dims(), bits);
    return stages.stages();
  }

  /** What the request wants to see; a request for aggregations only wants to see nothing. */
  private static int defaultK(SearchExecutionContext context) {
    Integer size = context.requestSize();
    return size == null || size < 1 ? SearchService.DEFAULT_SIZE : Math.min(size, MAX_K);
  }

  /**
   * The type of a field, or null when nothing is mapped by that name.
   *
   * @throws IllegalArgumentException when the field is of another type
   */
  @Nullable
  public static MatryoshkaVectorFieldType fieldType(SearchExecutionContext context, String field) {
    MappedFieldType type = context.getFieldType(field);
    if (type == null || type instanceof MatryoshkaVectorFieldType) {
      return (MatryoshkaVectorFieldType) type;
    }
    throw new IllegalArgumentException(
        "["
            + NAME
            + "] queries are for fields of type ["
            + MatryoshkaVectorFieldMapper.CONTENT_TYPE
            + "] but field ["
            + field
            + "] is of type ["
            + type.typeName()
            + "]");
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
  protected boolean doEquals(MatryoshkaQueryBuilder other) {
    return field.equals(other.field)
        && Objects.equals(queryVector, other.queryVector)
        && Objects.equals(queryVectorBuilder, other.queryVectorBuilder)
        && Objects.equals(k, other.k)
        && filters.equals(other.filters)
        && Objects.equals(stages, other.stages);
  }

  @Override
  protected int doHashCode() {
    return Objects.hash(field, queryVector, queryVectorBuilder, k, filters, stages);
  }
}
