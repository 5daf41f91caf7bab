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

import dev.matryoshka.search.FindAllQuery;
import dev.matryoshka.search.RecallTarget;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.search.vectors.QueryVectorBuilder;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.xcontent.ConstructingObjectParser;
import org.elasticsearch.xcontent.ObjectParser.ValueType;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.ToXContentFragment;
import org.elasticsearch.xcontent.XContentBuilder;

/**
 * What a {@code matryoshka} query asks for, as written, and checked as far as that is possible
 * without the field. Immutable.
 *
 * @param k documents to find in each shard; null without a similarity takes the size of the
 *     request, and with one finds all
 * @param recall the share of the answer to find; null for the default, or with stages for none
 * @param similarity what documents must reach, in the unit of the field; null for no threshold
 * @param mode what is skipped on the way to a similarity; null for the default
 */
record QueryParameters(
    String field,
    @Nullable VectorData queryVector,
    @Nullable QueryVectorBuilder queryVectorBuilder,
    @Nullable Integer k,
    List<QueryBuilder> filters,
    @Nullable QueryStages stages,
    @Nullable RecallTarget recall,
    @Nullable Float similarity,
    @Nullable FindAllQuery.Mode mode)
    implements Writeable, ToXContentFragment {

  static final ParseField FIELD = new ParseField("field");
  static final ParseField QUERY_VECTOR = new ParseField("query_vector");
  private static final ParseField QUERY_VECTOR_BUILDER = new ParseField("query_vector_builder");
  private static final ParseField K = new ParseField("k");
  static final ParseField FILTER = new ParseField("filter");
  static final ParseField TARGET_RECALL = new ParseField("target_recall");
  static final ParseField SIMILARITY = new ParseField("similarity");
  private static final ParseField MODE = new ParseField("mode");

  @SuppressWarnings("unchecked")
  static <B> ConstructingObjectParser<B, Void> parser(
      String name, Function<QueryParameters, B> builder) {
    ConstructingObjectParser<B, Void> parser =
        new ConstructingObjectParser<>(
            name,
            args ->
                builder.apply(
                    new QueryParameters(
                        (String) args[0],
                        (VectorData) args[1],
                        (QueryVectorBuilder) args[2],
                        (Integer) args[3],
                        args[4] == null ? List.of() : (List<QueryBuilder>) args[4],
                        (QueryStages) args[5],
                        args[6] == null ? null : new RecallTarget((Double) args[6]),
                        (Float) args[7],
                        args[8] == null ? null : mode((String) args[8]))));
    parser.declareString(ConstructingObjectParser.constructorArg(), FIELD);
    parser.declareField(
        ConstructingObjectParser.optionalConstructorArg(),
        (content, context) -> VectorData.parseXContent(content),
        QUERY_VECTOR,
        ValueType.OBJECT_ARRAY_STRING_OR_NUMBER);
    parser.declareNamedObject(
        ConstructingObjectParser.optionalConstructorArg(),
        (content, context, type) -> content.namedObject(QueryVectorBuilder.class, type, context),
        QUERY_VECTOR_BUILDER);
    parser.declareField(
        ConstructingObjectParser.optionalConstructorArg(),
        (content, context) -> WholeNumber.parse(content, K),
        K,
        ValueType.INT);
    parser.declareFieldArray(
        ConstructingObjectParser.optionalConstructorArg(),
        (content, context) -> MatryoshkaQueryBuilder.parseFilter(content),
        FILTER,
        ValueType.OBJECT_ARRAY);
    parser.declareField(
        ConstructingObjectParser.optionalConstructorArg(),
        (content, context) -> QueryStages.parse(content),
        QueryStages.STAGES,
        ValueType.OBJECT_ARRAY);
    parser.declareDouble(ConstructingObjectParser.optionalConstructorArg(), TARGET_RECALL);
    parser.declareFloat(ConstructingObjectParser.optionalConstructorArg(), SIMILARITY);
    parser.declareString(ConstructingObjectParser.optionalConstructorArg(), MODE);
    return parser;
  }

  /**
   * @throws IllegalArgumentException when parameters are out of range or contradict each other
   */
  QueryParameters {
    String name = MatryoshkaQueryBuilder.NAME;
    if (field == null) {
      throw new IllegalArgumentException("[" + name + "] query requires a [field]");
    }
    if (queryVector == null == (queryVectorBuilder == null)) {
      throw new IllegalArgumentException(
          "["
              + name
              + "] query requires either [query_vector] or [query_vector_builder] but got "
              + (queryVector == null ? "neither" : "both"));
    }
    if (k != null && (k < 1 || k > MatryoshkaQueryBuilder.MAX_K)) {
      throw new IllegalArgumentException(
          "[k] must be between [1] and [" + MatryoshkaQueryBuilder.MAX_K + "] but was [" + k + "]");
    }
    if (similarity != null && Float.isFinite(similarity) == false) {
      throw new IllegalArgumentException(
          "[similarity] must be a finite number but was [" + similarity + "]");
    }
    if (similarity == null && mode != null) {
      throw new IllegalArgumentException(
          "[mode] goes with [similarity] only but was [" + label(mode) + "] without it");
    }
    if (stages != null) {
      checkStages(stages, k, similarity, mode);
    }
    if (recall != null) {
      checkRecall(recall, stages, k, similarity, mode);
    }
    filters = List.copyOf(filters);
  }

  private static void checkStages(
      QueryStages stages, Integer k, Float similarity, FindAllQuery.Mode mode) {
    if (similarity != null && (k == null || mode != FindAllQuery.Mode.FAST)) {
      throw new IllegalArgumentException(
          "[stages] go with [similarity] only if there is a [k] and [mode] is [fast], since stages"
              + " cut documents off, but [k] was ["
              + k
              + "] and [mode] was ["
              + label(mode == null ? FindAllQuery.Mode.LOSSLESS : mode)
              + "]");
    }
    if (k != null) {
      stages.checkKeepsAtLeast(k);
    }
  }

  private static void checkRecall(
      RecallTarget recall,
      QueryStages stages,
      Integer k,
      Float similarity,
      FindAllQuery.Mode mode) {
    if (stages != null) {
      throw new IllegalArgumentException(
          "[target_recall] chooses the stages, so it does not go with [stages], but was ["
              + recall.share()
              + "]");
    }
    if (similarity != null && (k == null || mode != FindAllQuery.Mode.FAST)) {
      throw new IllegalArgumentException(
          "[target_recall] goes with [similarity] only if there is a [k] and [mode] is [fast],"
              + " since other searches for a similarity find everything, but was ["
              + recall.share()
              + "] with [k] of ["
              + k
              + "] and [mode] of ["
              + label(mode == null ? FindAllQuery.Mode.LOSSLESS : mode)
              + "]");
    }
  }

  static QueryParameters read(StreamInput in) throws IOException {
    return new QueryParameters(
        in.readString(),
        in.readOptionalWriteable(VectorData::new),
        in.readOptionalNamedWriteable(QueryVectorBuilder.class),
        in.readOptionalVInt(),
        in.readNamedWriteableCollectionAsList(QueryBuilder.class),
        in.readOptionalWriteable(QueryStages::read),
        readRecall(in),
        in.readOptionalFloat(),
        in.readBoolean() ? mode(in.readByte()) : null);
  }

  private static RecallTarget readRecall(StreamInput in) throws IOException {
    Double share = in.readOptionalDouble();
    return share == null ? null : new RecallTarget(share);
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeString(field);
    out.writeOptionalWriteable(queryVector);
    out.writeOptionalNamedWriteable(queryVectorBuilder);
    out.writeOptionalVInt(k);
    out.writeNamedWriteableCollection(filters);
    out.writeOptionalWriteable(stages);
    out.writeOptionalDouble(recall == null ? null : recall.share());
    out.writeOptionalFloat(similarity);
    out.writeBoolean(mode != null);
    if (mode != null) {
      out.writeByte(code(mode));
    }
  }

  @Override
  public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
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
    if (recall != null) {
      builder.field(TARGET_RECALL.getPreferredName(), recall.share());
    }
    if (similarity != null) {
      builder.field(SIMILARITY.getPreferredName(), similarity);
    }
    if (mode != null) {
      builder.field(MODE.getPreferredName(), label(mode));
    }
    return builder;
  }

  QueryParameters withVector(VectorData vector) {
    return new QueryParameters(field, vector, null, k, filters, stages, recall, similarity, mode);
  }

  QueryParameters withFilters(List<QueryBuilder> newFilters) {
    return new QueryParameters(
        field, queryVector, queryVectorBuilder, k, newFilters, stages, recall, similarity, mode);
  }

  /** Whether the answer may lack documents that belong to it. */
  boolean fast() {
    return mode == FindAllQuery.Mode.FAST;
  }

  private static String label(FindAllQuery.Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  private static FindAllQuery.Mode mode(String label) {
    for (FindAllQuery.Mode mode : FindAllQuery.Mode.values()) {
      if (label(mode).equals(label)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        Arrays.stream(FindAllQuery.Mode.values())
                .map(QueryParameters::label)
                .collect(Collectors.joining(", ", "[mode] must be one of [", "] but was "))
            + "["
            + label
            + "]");
  }

  /** The number of a mode on the wire. */
  private static byte code(FindAllQuery.Mode mode) {
    return switch (mode) {
      case LOSSLESS -> 0;
      case FAST -> 1;
    };
  }

  private static FindAllQuery.Mode mode(byte code) {
    return switch (code) {
      case 0 -> FindAllQuery.Mode.LOSSLESS;
      case 1 -> FindAllQuery.Mode.FAST;
      default -> throw new IllegalArgumentException("unknown mode code [" + code + "]");
    };
  }
}
