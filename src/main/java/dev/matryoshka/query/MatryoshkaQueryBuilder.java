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
import dev.matryoshka.search.BestAboveQuery;
import dev.matryoshka.search.Cancellation;
import dev.matryoshka.search.FindAllQuery;
import dev.matryoshka.search.MatryoshkaQuery;
import dev.matryoshka.search.RecallTarget;
import dev.matryoshka.search.ScratchMemory;
import dev.matryoshka.search.SimilarityThreshold;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.SetOnce;
import org.elasticsearch.TransportVersion;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.lucene.search.Queries;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.mapper.MappedFieldType;
import org.elasticsearch.index.query.LeafQueryBuilder;
import org.elasticsearch.index.query.MatchNoneQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.QueryRewriteContext;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.search.SearchService;
import org.elasticsearch.search.internal.ContextIndexSearcher;
import org.elasticsearch.search.vectors.QueryVectorBuilder;
import org.elasticsearch.search.vectors.QueryVectorBuilderAsyncAction;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.xcontent.ConstructingObjectParser;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;

/**
 * The {@code matryoshka} query: the k documents of each shard whose vectors are most similar to a
 * query vector, or all that reach a {@code similarity}, or the k best of those; scored at full
 * precision. Parameters are named as in the {@code knn} query; {@code stages} spells the funnel
 * out, {@code target_recall} says what it is to find. Immutable but for boost and name.
 */
public final class MatryoshkaQueryBuilder extends LeafQueryBuilder<MatryoshkaQueryBuilder> {

  /** The name in requests and on the wire. */
  public static final String NAME = "matryoshka";

  /** The greatest {@code k}. */
  public static final int MAX_K = 10_000;

  static final Cancellation CANCELLATION =
      searcher ->
          searcher instanceof ContextIndexSearcher cancellable
              ? cancellable::checkCancelled
              : () -> {};

  private static final ConstructingObjectParser<MatryoshkaQueryBuilder, Void> PARSER =
      QueryParameters.parser(NAME, parameters -> new MatryoshkaQueryBuilder(parameters, null));

  static {
    declareStandardFields(PARSER);
  }

  private final QueryParameters parameters;
  private final Supplier<float[]> vectorBeingBuilt;

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
    this(field, VectorData.fromFloats(queryVector), null, k, filters, null, null);
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
    this(
        field, VectorData.fromFloats(queryVector), null, k, filters, new QueryStages(stages), null);
  }

  /**
   * A query as a request spells it.
   *
   * @param queryVector null when a builder makes it
   * @param stages the funnel, or null for one that aims at a recall
   * @param recall what to aim at; null without stages for the default
   */
  public MatryoshkaQueryBuilder(
      String field,
      @Nullable VectorData queryVector,
      @Nullable QueryVectorBuilder queryVectorBuilder,
      @Nullable Integer k,
      List<QueryBuilder> filters,
      @Nullable QueryStages stages,
      @Nullable RecallTarget recall) {
    this(
        new QueryParameters(
            field, queryVector, queryVectorBuilder, k, filters, stages, recall, null, null),
        null);
  }

  private MatryoshkaQueryBuilder(
      QueryParameters parameters, @Nullable Supplier<float[]> vectorBeingBuilt) {
    this.parameters = parameters;
    this.vectorBeingBuilt = vectorBeingBuilt;
  }

  /**
   * A query for everything that is similar enough.
   *
   * @param similarity what documents must reach, in the unit of the field, as in {@code knn}
   * @param k most documents of each shard to return, the best; null for all
   * @param mode null for the default
   */
  public static MatryoshkaQueryBuilder above(
      float similarity,
      String field,
      float[] queryVector,
      @Nullable Integer k,
      List<QueryBuilder> filters,
      @Nullable FindAllQuery.Mode mode) {
    VectorData vector = VectorData.fromFloats(queryVector);
    return new MatryoshkaQueryBuilder(
        new QueryParameters(field, vector, null, k, filters, null, null, similarity, mode), null);
  }

  /** Reads what {@link #writeTo} wrote. */
  public MatryoshkaQueryBuilder(StreamInput in) throws IOException {
    super(in);
    WireVersion.read(in, NAME);
    parameters = QueryParameters.read(in);
    vectorBeingBuilt = null;
  }

  @Override
  protected void doWriteTo(StreamOutput out) throws IOException {
    checkVectorIsBuilt();
    WireVersion.write(out);
    parameters.writeTo(out);
  }

  /** Reads the body of the query from a request. */
  public static MatryoshkaQueryBuilder fromXContent(XContentParser parser) {
    return PARSER.apply(parser, null);
  }

  @Override
  protected void doXContent(XContentBuilder builder, Params params) throws IOException {
    checkVectorIsBuilt();
    builder.startObject(NAME);
    parameters.toXContent(builder, params);
    boostAndQueryNameToXContent(builder);
    builder.endObject();
  }

  private void checkVectorIsBuilt() {
    if (vectorBeingBuilt != null) {
      throw new IllegalStateException("the query vector is still being built; rewrite first");
    }
  }

  /** Counts how deep it is nested: the parser refuses too deep a request before it ends a node. */
  static QueryBuilder parseFilter(XContentParser parser) throws IOException {
    return parseInnerQueryBuilder(parser);
  }

  @Override
  protected QueryBuilder doRewrite(QueryRewriteContext context) throws IOException {
    if (vectorBeingBuilt != null) {
      float[] built = vectorBeingBuilt.get();
      return built == null ? this : with(parameters.withVector(VectorData.fromFloats(built)), null);
    }
    if (parameters.queryVectorBuilder() != null) {
      SetOnce<float[]> built = new SetOnce<>();
      context.registerUniqueAsyncAction(
          new QueryVectorBuilderAsyncAction(parameters.queryVectorBuilder()), built::set);
      return with(parameters, built::get);
    }
    if (context.convertToInnerHitsRewriteContext() != null) {
      // What hits were filtered by stays as it is, or they would have children that it excludes.
      return forInnerHits();
    }
    List<QueryBuilder> filters = parameters.filters();
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
    return changed ? with(parameters.withFilters(rewritten), null) : this;
  }

  private MatryoshkaQueryBuilder with(
      QueryParameters newParameters, @Nullable Supplier<float[]> beingBuilt) {
    return new MatryoshkaQueryBuilder(newParameters, beingBuilt).boost(boost).queryName(queryName);
  }

  /** All children of a hit are wanted then, not only those among the k best of the shard. */
  private QueryBuilder forInnerHits() {
    return new ExactMatryoshkaQueryBuilder(
            parameters.field(),
            parameters.queryVector(),
            parameters.similarity(),
            parameters.filters())
        .boost(boost);
  }

  @Override
  protected Query doToQuery(SearchExecutionContext context) throws IOException {
    MatryoshkaVectorFieldType type = fieldType(context, parameters.field());
    if (type == null) {
      return Queries.NO_DOCS_INSTANCE;
    }
    SimilarityThreshold threshold =
        parameters.similarity() == null ? null : type.threshold(parameters.similarity());
    if (type.dims() == null) {
      return new MatchNoDocsQuery("no vectors in field [" + parameters.field() + "]");
    }
    float[] target = type.resolveQueryVector(parameters.queryVector());
    VectorFilters accepted = VectorFilters.of(type.name(), parameters.filters(), context);
    if (threshold == null || parameters.k() != null && parameters.fast()) {
      return funnel(type, target, threshold, accepted, context);
    }
    long limit = FindAllSettings.maxScored(parameters.field(), context);
    FindAllQuery all =
        new FindAllQuery(
            type.name(),
            target,
            threshold,
            parameters.fast() ? FindAllQuery.Mode.FAST : FindAllQuery.Mode.LOSSLESS,
            limit,
            CANCELLATION);
    return parameters.k() == null
        ? conjunction(all, accepted.filter())
        : new BestAboveQuery(all, parameters.k(), accepted.filter(), accepted.parents());
  }

  private Query funnel(
      MatryoshkaVectorFieldType type,
      float[] target,
      @Nullable SimilarityThreshold threshold,
      VectorFilters accepted,
      SearchExecutionContext context) {
    int wanted = parameters.k() == null ? defaultK(context) : parameters.k();
    MatryoshkaQuery best =
        new MatryoshkaQuery(
            type.name(),
            target,
            wanted,
            accepted.filter(),
            checkedStages(type, wanted),
            accepted.parents(),
            CANCELLATION);
    if (parameters.recall() != null) {
      best = best.aimingAt(parameters.recall());
    }
    MatryoshkaQuery bounded = best.within(memory(context.getCircuitBreaker()));
    return threshold == null ? bounded : bounded.atLeast(threshold);
  }

  /** Memory of searches counts as memory of requests, of which a node has so much. */
  private static ScratchMemory memory(@Nullable CircuitBreaker breaker) {
    if (breaker == null) {
      return ScratchMemory.UNACCOUNTED;
    }
    return bytes -> {
      breaker.addEstimateBytesAndMaybeBreak(bytes, NAME);
      return () -> breaker.addWithoutBreaking(-bytes);
    };
  }

  /** A plain conjunction, so that whichever of the clauses is cheaper leads. */
  private static Query conjunction(FindAllQuery all, @Nullable Query filter) {
    return filter == null
        ? all
        : new BooleanQuery.Builder()
            .add(all, BooleanClause.Occur.MUST)
            .add(filter, BooleanClause.Occur.FILTER)
            .build();
  }

  private List<Stage> checkedStages(MatryoshkaVectorFieldType type, int wanted) {
    QueryStages stages = parameters.stages();
    if (stages == null) {
      return null;
    }
    stages.checkKeepsAtLeast(wanted);
    List<Integer> bits = type.codecOptions().map(CodecOptions::bits).orElseThrow();
    stages.check(parameters.field(), type.dims(), bits);
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
    return parameters.equals(other.parameters);
  }

  @Override
  protected int doHashCode() {
    return Objects.hash(parameters);
  }
}
