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

import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.query.QueryStages;
import dev.matryoshka.query.WholeNumber;
import dev.matryoshka.search.RecallTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.action.ActionRequestValidationException;
import org.elasticsearch.action.ValidateActions;
import org.elasticsearch.action.support.TransportAction;
import org.elasticsearch.action.support.broadcast.BroadcastRequest;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.query.AbstractQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.tasks.TaskId;
import org.elasticsearch.xcontent.ConstructingObjectParser;
import org.elasticsearch.xcontent.ObjectParser;
import org.elasticsearch.xcontent.ObjectParser.ValueType;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParser.Token;

/**
 * What to audit: a field, queries or how many to draw, and how to search. Stays on the node that
 * received it.
 */
public final class RecallRequest extends BroadcastRequest<RecallRequest> {

  /** Most queries of one audit. */
  public static final int MAX_QUERIES = 1000;

  /** Most queries times the largest k: what the coordinating node has to remember. */
  static final int MAX_QUERIES_TIMES_K = 1_000_000;

  static final int MAX_KS = 5;
  static final int MAX_RATINGS = 10_000;

  private static final int DEFAULT_K = 10;
  private static final int DEFAULT_WORST = 10;
  private static final int DEFAULT_SAMPLE = 100;

  private static final ParseField FIELD = new ParseField("field");
  private static final ParseField QUERY_VECTORS = new ParseField("query_vectors");
  private static final ParseField SAMPLE = new ParseField("sample");
  private static final ParseField K = new ParseField("k");
  private static final ParseField TARGET_RECALL = new ParseField("target_recall");
  private static final ParseField FILTER = new ParseField("filter");
  private static final ParseField WORST = new ParseField("worst");
  private static final ParseField DETAILS = new ParseField("details");
  private static final ParseField ID = new ParseField("id");
  private static final ParseField VECTOR = new ParseField("query_vector");
  private static final ParseField RATINGS = new ParseField("ratings");
  private static final ParseField GRADE = new ParseField("rating");
  private static final ParseField SIZE = new ParseField("size");
  private static final ParseField SEED = new ParseField("seed");

  private static final ObjectParser<RecallRequest, Void> PARSER = new ObjectParser<>("recall");

  private static final ConstructingObjectParser<Rating, Void> RATING =
      new ConstructingObjectParser<>(
          "rating", args -> new Rating((String) args[0], (String) args[1], (Integer) args[2]));

  @SuppressWarnings("unchecked")
  private static final ConstructingObjectParser<AuditQuery, String> QUERY =
      new ConstructingObjectParser<>(
          "query_vectors",
          false,
          (args, position) ->
              new AuditQuery(
                  args[0] == null ? position : (String) args[0],
                  (VectorData) args[1],
                  args[2] == null ? List.of() : (List<Rating>) args[2],
                  null));

  private static final ObjectParser<SampleBuilder, Void> SAMPLE_PARSER =
      new ObjectParser<>("sample", SampleBuilder::new);

  static {
    RATING.declareString(
        ConstructingObjectParser.optionalConstructorArg(), new ParseField("_index"));
    RATING.declareString(ConstructingObjectParser.constructorArg(), new ParseField("_id"));
    RATING.declareField(
        ConstructingObjectParser.constructorArg(),
        (parser, context) -> WholeNumber.parse(parser, GRADE),
        GRADE,
        ValueType.INT);
    QUERY.declareString(ConstructingObjectParser.optionalConstructorArg(), ID);
    QUERY.declareField(
        ConstructingObjectParser.constructorArg(),
        (parser, context) -> VectorData.parseXContent(parser),
        VECTOR,
        ValueType.OBJECT_ARRAY_STRING_OR_NUMBER);
    QUERY.declareObjectArray(
        ConstructingObjectParser.optionalConstructorArg(),
        (parser, context) -> RATING.parse(parser, null),
        RATINGS);
    SAMPLE_PARSER.declareField(
        (sample, size) -> sample.size = size,
        (parser, context) -> WholeNumber.parse(parser, SIZE),
        SIZE,
        ValueType.INT);
    SAMPLE_PARSER.declareField(
        (sample, seed) -> sample.seed = seed,
        (parser, context) -> WholeNumber.parseLong(parser, SEED),
        SEED,
        ValueType.LONG);
    SAMPLE_PARSER.declareString(SampleBuilder::source, new ParseField("source"));
    PARSER.declareString((request, field) -> request.field = field, FIELD);
    PARSER.declareField(
        (request, queries) -> request.queries = queries,
        (parser, context) -> parseQueries(parser),
        QUERY_VECTORS,
        ValueType.OBJECT_ARRAY);
    PARSER.declareObject(
        (request, sample) -> request.sample = sample.build(),
        (parser, context) -> SAMPLE_PARSER.parse(parser, null),
        SAMPLE);
    PARSER.declareFieldArray(
        (request, ks) -> request.ks = List.copyOf(ks),
        (parser, context) -> WholeNumber.parse(parser, K),
        K,
        ValueType.INT_ARRAY);
    PARSER.declareField(
        (request, stages) -> request.stages = stages,
        (parser, context) -> QueryStages.parse(parser),
        QueryStages.STAGES,
        ValueType.OBJECT_ARRAY);
    PARSER.declareDouble((request, recall) -> request.recall = recall, TARGET_RECALL);
    PARSER.declareFieldArray(
        (request, filters) -> request.filters = List.copyOf(filters),
        (parser, context) -> AbstractQueryBuilder.parseTopLevelQuery(parser),
        FILTER,
        ValueType.OBJECT_ARRAY);
    PARSER.declareField(
        (request, worst) -> request.worst = worst,
        (parser, context) -> WholeNumber.parse(parser, WORST),
        WORST,
        ValueType.INT);
    PARSER.declareBoolean((request, details) -> request.details = details, DETAILS);
  }

  private static final class SampleBuilder {
    private int size = DEFAULT_SAMPLE;
    private Long seed;
    private SampleSpec.Source source = SampleSpec.Source.DOCUMENTS;

    void source(String name) {
      source =
          switch (name) {
            case "documents" -> SampleSpec.Source.DOCUMENTS;
            case "queries" -> SampleSpec.Source.QUERIES;
            default ->
                throw new IllegalArgumentException(
                    "[source] of [sample] must be [documents] or [queries] but was [" + name + "]");
          };
    }

    Sample build() {
      return new Sample(size, seed, source);
    }
  }

  /**
   * Vectors to draw and use as queries.
   *
   * @param seed null for another sample every time
   */
  record Sample(int size, @Nullable Long seed, SampleSpec.Source source) {}

  private String field;
  private List<AuditQuery> queries;
  private Sample sample;
  private List<Integer> ks = List.of(DEFAULT_K);
  private QueryStages stages;
  private Double recall;
  private List<QueryBuilder> filters = List.of();
  private int worst = DEFAULT_WORST;
  private boolean details;
  private boolean storeResult;

  /** An empty request for some indices; {@link #validate} tells what it lacks. */
  public RecallRequest(String... indices) {
    super(indices);
  }

  /** Reads a body into this request. */
  public RecallRequest parse(XContentParser parser) throws IOException {
    PARSER.parse(parser, this, null);
    return this;
  }

  /** An array of vectors, or of objects that have one. */
  private static List<AuditQuery> parseQueries(XContentParser parser) throws IOException {
    List<AuditQuery> queries = new ArrayList<>();
    if (parser.currentToken() != Token.START_ARRAY) {
      throw new IllegalArgumentException(
          "[query_vectors] must be an array of vectors, or of objects with a [query_vector]");
    }
    for (Token token = parser.nextToken(); token != Token.END_ARRAY; token = parser.nextToken()) {
      if (queries.size() == MAX_QUERIES) {
        throw new IllegalArgumentException(
            "[query_vectors] must not be more than [" + MAX_QUERIES + "]");
      }
      String position = Integer.toString(queries.size());
      queries.add(
          switch (token) {
            case START_OBJECT -> QUERY.parse(parser, position);
            case START_ARRAY, VALUE_STRING ->
                new AuditQuery(position, VectorData.parseXContent(parser), List.of(), null);
            default ->
                throw new IllegalArgumentException(
                    "[query_vectors] must be an array of vectors, or of objects with a"
                        + " [query_vector], but has ["
                        + parser.text()
                        + "] at ["
                        + position
                        + "]");
          });
    }
    return queries;
  }

  @Override
  public ActionRequestValidationException validate() {
    ActionRequestValidationException errors = null;
    if (field == null) {
      errors = ValidateActions.addValidationError("[field] is missing", errors);
    }
    if (queries == null == (sample == null)) {
      errors =
          ValidateActions.addValidationError(
              "either [query_vectors] or [sample] is required but got "
                  + (queries == null ? "neither" : "both"),
              errors);
    }
    if (queries != null) {
      errors = validateQueries(errors);
    }
    if (sample != null && (sample.size < 1 || sample.size > MAX_QUERIES)) {
      errors =
          ValidateActions.addValidationError(
              between("[size] of [sample]", MAX_QUERIES, sample.size), errors);
    }
    errors = validateRecall(errors);
    if (worst < 0 || worst > MAX_QUERIES) {
      errors =
          ValidateActions.addValidationError(
              "[worst] must be between [0] and [" + MAX_QUERIES + "] but was [" + worst + "]",
              errors);
    }
    return validateKs(errors);
  }

  private ActionRequestValidationException validateQueries(
      ActionRequestValidationException errors) {
    if (queries.isEmpty()) {
      return ValidateActions.addValidationError("[query_vectors] must not be empty", errors);
    }
    Set<String> ids = new HashSet<>();
    int ratings = 0;
    AuditQuery first = queries.getFirst();
    for (AuditQuery query : queries) {
      // One that is unlike the others would otherwise fail when most of the work is done.
      if (first.vector().isFloat()
          && query.vector().isFloat()
          && query.vector().size() != first.vector().size()) {
        return ValidateActions.addValidationError(
            "[query_vector] of query ["
                + query.id()
                + "] has ["
                + query.vector().size()
                + "] dimensions but that of query ["
                + first.id()
                + "] has ["
                + first.vector().size()
                + "]",
            errors);
      }
      ratings += query.ratings().size();
      if (ids.add(query.id()) == false) {
        errors =
            ValidateActions.addValidationError(
                "[id] of [query_vectors] must be unique but [" + query.id() + "] is not", errors);
      }
    }
    return ratings <= MAX_RATINGS
        ? errors
        : ValidateActions.addValidationError(
            "[ratings] must be at most [" + MAX_RATINGS + "] in all but are [" + ratings + "]",
            errors);
  }

  private ActionRequestValidationException validateRecall(ActionRequestValidationException errors) {
    if (recall != null && stages != null) {
      return ValidateActions.addValidationError(
          "[target_recall] chooses the stages, so it does not go with [stages], but was ["
              + recall
              + "]",
          errors);
    }
    try {
      recall();
      return errors;
    } catch (IllegalArgumentException e) {
      return ValidateActions.addValidationError(e.getMessage(), errors);
    }
  }

  private ActionRequestValidationException validateKs(ActionRequestValidationException errors) {
    if (ks.isEmpty() || ks.size() > MAX_KS || Set.copyOf(ks).size() < ks.size()) {
      errors =
          ValidateActions.addValidationError(
              "[k] must be [1] to [" + MAX_KS + "] different numbers but was " + ks, errors);
    }
    for (int k : ks) {
      if (k < 1 || k > MatryoshkaQueryBuilder.MAX_K) {
        return ValidateActions.addValidationError(
            between("[k]", MatryoshkaQueryBuilder.MAX_K, k), errors);
      }
    }
    int count = queries != null ? queries.size() : sample != null ? sample.size : 0;
    long remembered = (long) count * ks.stream().mapToInt(Integer::intValue).max().orElse(0);
    if (remembered > MAX_QUERIES_TIMES_K) {
      errors =
          ValidateActions.addValidationError(
              "the number of queries times the largest [k] must be at most ["
                  + MAX_QUERIES_TIMES_K
                  + "] but is ["
                  + remembered
                  + "]",
              errors);
    }
    return errors;
  }

  private static String between(String what, int most, int value) {
    return what + " must be between [1] and [" + most + "] but was [" + value + "]";
  }

  String field() {
    return field;
  }

  @Nullable
  List<AuditQuery> queries() {
    return queries;
  }

  @Nullable
  Sample sample() {
    return sample;
  }

  List<Integer> ks() {
    return ks;
  }

  @Nullable
  QueryStages stages() {
    return stages;
  }

  /** What searches aim at, or null for the default; only what {@link #validate} let pass. */
  @Nullable
  RecallTarget recall() {
    return recall == null ? null : new RecallTarget(recall);
  }

  List<QueryBuilder> filters() {
    return filters;
  }

  int worst() {
    return worst;
  }

  boolean details() {
    return details;
  }

  /** Makes the result outlive the request, for those who come back for it. */
  public RecallRequest storeResult() {
    storeResult = true;
    return this;
  }

  @Override
  public boolean getShouldStoreResult() {
    return storeResult;
  }

  @Override
  public String getDescription() {
    return "recall of field [" + field + "] in " + List.of(indices());
  }

  @Override
  public Task createTask(
      long id, String type, String action, TaskId parentTaskId, Map<String, String> headers) {
    return new RecallTask(id, type, action, getDescription(), parentTaskId, headers);
  }

  @Override
  public void writeTo(StreamOutput out) {
    TransportAction.localOnly();
  }
}
