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

import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.not;

import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.search.BestAboveQuery;
import dev.matryoshka.search.FindAllQuery;
import dev.matryoshka.search.MatryoshkaQuery;
import dev.matryoshka.search.RecallTarget;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.elasticsearch.ExceptionsHelper;
import org.elasticsearch.TransportVersion;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.client.internal.Client;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.bytes.BytesArray;
import org.elasticsearch.common.compress.CompressedXContent;
import org.elasticsearch.common.io.stream.BytesStreamOutput;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.index.mapper.MapperService;
import org.elasticsearch.index.query.InnerHitsRewriteContext;
import org.elasticsearch.index.query.MatchNoneQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.QueryBuilders;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.index.query.TermQueryBuilder;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.SearchPlugin;
import org.elasticsearch.search.vectors.DenseVectorQuery;
import org.elasticsearch.search.vectors.QueryVectorBuilder;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.test.AbstractQueryTestCase;
import org.elasticsearch.xcontent.ObjectParser;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.XContentParserConfiguration;

public class MatryoshkaQueryBuilderTests extends AbstractQueryTestCase<MatryoshkaQueryBuilder> {

  private static final String FIELD = "vector";
  private static final String ALIAS = "vector_alias";
  private static final String UNSIZED = "unsized_vector";
  private static final int DIMS = 128;

  @Override
  protected Collection<Class<? extends Plugin>> getPlugins() {
    return List.of(MatryoshkaPlugin.class, FirstAxisPlugin.class);
  }

  @Override
  protected void initializeAdditionalMappings(MapperService mapperService) throws IOException {
    XContentBuilder mapping =
        XContentFactory.jsonBuilder().startObject().startObject("_doc").startObject("properties");
    mapping.startObject(FIELD).field("type", "matryoshka_vector").field("dims", DIMS);
    mapping.startObject("index_options").field("bits", List.of(64, 128)).endObject().endObject();
    mapping.startObject(ALIAS).field("type", "alias").field("path", FIELD).endObject();
    mapping.startObject(UNSIZED).field("type", "matryoshka_vector").endObject();
    mapping.endObject().endObject().endObject();
    mapperService.merge(
        "_doc",
        new CompressedXContent(Strings.toString(mapping)),
        MapperService.MergeReason.MAPPING_UPDATE);
  }

  @Override
  protected MatryoshkaQueryBuilder doCreateTestQueryBuilder() {
    if (randomBoolean()) {
      return MatryoshkaQueryBuilder.above(
          randomFloatBetween(-1, 1, true),
          randomFrom(FIELD, ALIAS),
          randomVector(),
          randomBoolean() ? null : randomIntBetween(1, 100),
          randomBoolean()
              ? List.of()
              : List.of(QueryBuilders.termQuery(KEYWORD_FIELD_NAME, randomAlphaOfLength(3))),
          randomBoolean() ? null : randomFrom(FindAllQuery.Mode.values()));
    }
    int k = randomIntBetween(1, 100);
    List<QueryBuilder> filters = new ArrayList<>();
    for (int i = randomIntBetween(0, 2); i > 0; i--) {
      filters.add(QueryBuilders.termQuery(KEYWORD_FIELD_NAME, randomAlphaOfLength(3)));
    }
    QueryStages stages =
        randomBoolean()
            ? null
            : new QueryStages(
                List.of(
                    Stage.hamming(64, k * 20),
                    Stage.hamming(128, k * 10),
                    Stage.asymmetric(randomFrom(64, 128), k * 5),
                    Stage.floats(60, k),
                    Stage.floats(DIMS, Stage.LAST)));
    return new MatryoshkaQueryBuilder(
        randomFrom(FIELD, ALIAS),
        VectorData.fromFloats(randomVector()),
        null,
        randomBoolean() ? k : null,
        filters,
        // Without k the size of the request counts, which the stages might not keep.
        k >= 10 ? stages : null,
        (k < 10 || stages == null) && randomBoolean()
            ? new RecallTarget(randomDoubleBetween(0.5, 0.9999, true))
            : null);
  }

  private static float[] randomVector() {
    float[] vector = new float[DIMS];
    for (int i = 0; i < DIMS; i++) {
      vector[i] = randomFloatBetween(-1, 1, true);
    }
    return vector;
  }

  @Override
  protected void doAssertLuceneQuery(
      MatryoshkaQueryBuilder builder, Query query, SearchExecutionContext context) {
    assertThat(
        query,
        anyOf(
            instanceOf(MatryoshkaQuery.class),
            instanceOf(FindAllQuery.class),
            instanceOf(BestAboveQuery.class),
            instanceOf(BooleanQuery.class)));
  }

  private static MatryoshkaQueryBuilder query(Integer k, QueryStages stages) {
    return new MatryoshkaQueryBuilder(
        FIELD, VectorData.fromFloats(randomVector()), null, k, List.of(), stages, null);
  }

  private static Query lucene(QueryBuilder builder) throws IOException {
    SearchExecutionContext context = createSearchExecutionContext();
    context.setAllowUnmappedFields(true);
    return builder.toQuery(context);
  }

  private static String rejected(QueryBuilder builder) {
    return expectThrows(IllegalArgumentException.class, () -> lucene(builder)).getMessage();
  }

  private static String vectorJson() {
    StringBuilder json = new StringBuilder("[");
    for (int i = 0; i < DIMS; i++) {
      json.append(i == 0 ? "" : ",").append(i + 1);
    }
    return json.append("]").toString();
  }

  private String rejectedJson(String body) {
    Exception e =
        expectThrows(Exception.class, () -> lucene(parseQuery("{\"matryoshka\":{" + body + "}}")));
    StringBuilder messages = new StringBuilder();
    for (Throwable t = e; t != null; t = t.getCause()) {
      messages.append(t.getMessage()).append('\n');
    }
    return messages.toString();
  }

  public void testEveryNotationOfAFilterAndOfAVector() throws IOException {
    String term = "{\"term\":{\"mapped_string\":\"a\"}}";
    String start = "{\"matryoshka\":{\"field\":\"vector\",\"query_vector\":";
    QueryBuilder one = parseQuery(start + vectorJson() + ",\"filter\":" + term + "}}");
    QueryBuilder list = parseQuery(start + vectorJson() + ",\"filter\":[" + term + "]}}");
    assertEquals(one, list);
    QueryBuilder text = parseQuery(start + "\"" + "01".repeat(DIMS) + "\"}}");
    assertThat(lucene(text), instanceOf(MatryoshkaQuery.class));
  }

  public void testBadRequestsNameRuleAndValue() {
    String vector = "\"query_vector\":" + vectorJson();
    String field = "\"field\":\"vector\",";
    String[][] examples = {
      {vector, "[field]"},
      {"\"field\":\"vector\"", "either [query_vector] or [query_vector_builder] but got neither"},
      {
        field + vector + ",\"query_vector_builder\":{\"first_axis\":{}}",
        "either [query_vector] or [query_vector_builder] but got both"
      },
      {field + vector + ",\"k\":0", "[k] must be between [1] and [10000] but was [0]"},
      {field + vector + ",\"k\":10001", "[k] must be between [1] and [10000] but was [10001]"},
      {field + vector + ",\"num_candidates\":5", "unknown field [num_candidates]"},
      {field + "\"query_vector\":[1,2]", "field [vector] of type [matryoshka_vector] has [128]"},
      {field + "\"query_vector\":\"%\"", "field [vector]: failed to parse field [query_vector]"},
      {field + "\"query_vector\":" + "[" + "0,".repeat(DIMS - 1) + "0]", "of length [0]"},
      {
        "\"field\":\"mapped_int\"," + vector,
        "[matryoshka] queries are for fields of type [matryoshka_vector] but field [mapped_int]"
            + " is of type [integer]"
      },
    };
    for (String[] example : examples) {
      assertThat(rejectedJson(example[0]), containsString(example[1]));
    }
  }

  public void testBadStagesNameRuleAndValue() {
    String[][] examples = {
      {"", "[stages] must not be empty"},
      {"{\"bits\":64,\"keep\":10}", "must end with a stage without [keep] but the last one keeps"},
      {"{\"bits\":64}", "must end with a stage of [dims]"},
      {"{\"bits\":64},{\"dims\":128}", "but stage [0] has none"},
      {"{\"bits\":64,\"keep\":0},{\"dims\":128}", "[keep] must be at least [1] but was [0]"},
      {"{\"bits\":64,\"keep\":-1},{\"dims\":128}", "[keep] must be at least [1] but was [-1]"},
      {
        "{\"bits\":64,\"keep\":5},{\"dims\":128}",
        "[keep] must be at least [k], which is [7], but stage [hamming[64 bits]] keeps [5]"
      },
      {
        "{\"bits\":64,\"keep\":50},{\"bits\":128,\"keep\":51},{\"dims\":128}",
        "must not grow from stage to stage but stage [1] keeps [51] of [50]"
      },
      {
        "{\"bits\":128,\"keep\":50},{\"bits\":64,\"keep\":50},{\"dims\":128}",
        "must get finer but stage [1], [hamming[64 bits]], follows [hamming[128 bits]]"
      },
      {
        "{\"bits\":64,\"score\":\"asymmetric\",\"keep\":50},{\"bits\":64,\"keep\":50},"
            + "{\"dims\":128}",
        "must get finer but stage [1], [hamming[64 bits]], follows [asymmetric[64 bits]]"
      },
      {"{\"keep\":50},{\"dims\":128}", "either [bits] or [dims]"},
      {"{\"bits\":64,\"dims\":64,\"keep\":50},{\"dims\":128}", "either [bits] or [dims]"},
      {"{\"bits\":64,\"score\":\"x\",\"keep\":50},{\"dims\":128}", "but was [x]"},
      {
        "{\"dims\":64,\"score\":\"hamming\",\"keep\":50},{\"dims\":128}",
        "[score] goes with [bits] only but was [hamming] with [dims]"
      },
      {
        "{\"bits\":192,\"keep\":50},{\"dims\":128}",
        "[bits] of a stage must be one of [64, 128], the codes of field [vector], but was [192]"
      },
      {
        "{\"bits\":64,\"keep\":50},{\"dims\":129}",
        "must not exceed the [128] of field [vector] but was [129]"
      },
      {
        "{\"bits\":64,\"keep\":50},{\"dims\":64}",
        "must end with the [128] dims of field [vector] but end with [64]"
      },
      {"{\"dims\":0}", "[dims] of stage [0] must be at least [1] but was [0]"},
      {"{\"bits\":64,\"kept\":50},{\"dims\":128}", "unknown field [kept]"},
      {"7", "[stages] must be an array of objects"},
    };
    for (String[] example : examples) {
      assertThat(
          rejectedJson(
              "\"field\":\"vector\",\"k\":7,\"query_vector\":"
                  + vectorJson()
                  + ",\"stages\":["
                  + example[0]
                  + "]"),
          containsString(example[1]));
    }
  }

  public void testBadSimilaritiesNameRuleAndValue() {
    String[][] examples = {
      {"\"similarity\":1.1", "between [-1] and [1] since field [vector] compares by [cosine]"},
      {"\"similarity\":-1.1", "but was [-1.1]"},
      {"\"similarity\":\"NaN\"", "[similarity] must be a finite number but was [NaN]"},
      {"\"similarity\":1e39", "[similarity] must be a finite number but was [Infinity]"},
      {
        "\"similarity\":0.5,\"mode\":\"wild\"",
        "[mode] must be one of [lossless, fast] but was [wild]"
      },
      {"\"mode\":\"fast\"", "[mode] goes with [similarity] only but was [fast] without it"},
      {
        "\"similarity\":0.5,\"stages\":[{\"dims\":128}]",
        "[stages] go with [similarity] only if there is a [k] and [mode] is [fast]"
      },
      {
        "\"similarity\":0.5,\"k\":3,\"stages\":[{\"dims\":128}]",
        "but [k] was [3] and [mode] was [lossless]"
      },
    };
    for (String[] example : examples) {
      assertThat(
          rejectedJson("\"field\":\"vector\",\"query_vector\":" + vectorJson() + "," + example[0]),
          containsString(example[1]));
    }
  }

  public void testBadTargetsNameRuleAndValue() {
    String range = "[target_recall] must be at least [0.5] and less than [1] but was ";
    String[][] examples = {
      {"\"target_recall\":0.49", range + "[0.49]"},
      {"\"target_recall\":1", range + "[1.0]"},
      {"\"target_recall\":99", range + "[99.0]"},
      {"\"target_recall\":-1", range + "[-1.0]"},
      {"\"target_recall\":\"NaN\"", range + "[NaN]"},
      {"\"target_recall\":\"much\"", "[target_recall]"},
      {
        "\"target_recall\":0.9,\"stages\":[{\"dims\":128}]",
        "[target_recall] chooses the stages, so it does not go with [stages], but was [0.9]"
      },
      {
        "\"target_recall\":0.9,\"similarity\":0.5",
        "[target_recall] goes with [similarity] only if there is a [k] and [mode] is [fast]"
      },
      {
        "\"target_recall\":0.9,\"similarity\":0.5,\"k\":3",
        "but was [0.9] with [k] of [3] and [mode] of [lossless]"
      },
    };
    for (String[] example : examples) {
      assertThat(
          rejectedJson("\"field\":\"vector\",\"query_vector\":" + vectorJson() + "," + example[0]),
          containsString(example[1]));
    }
  }

  public void testWhatATargetBecomes() throws IOException {
    String start = "{\"matryoshka\":{\"field\":\"vector\",\"k\":3,\"query_vector\":" + vectorJson();
    String standard = lucene(parseQuery(start + "}}")).toString();
    assertThat(standard, containsString("target_recall=0.99]"));
    assertEquals(
        lucene(parseQuery(start + "}}")), lucene(parseQuery(start + ",\"target_recall\":0.99}}")));
    assertThat(
        lucene(parseQuery(start + ",\"target_recall\":0.9}}")).toString(),
        containsString("target_recall=0.9]"));
    assertThat(
        lucene(parseQuery(start + ",\"target_recall\":0.9,\"similarity\":0.5,\"mode\":\"fast\"}}"))
            .toString(),
        containsString("similarity=0.5, target_recall=0.9]"));
    assertThat(
        lucene(parseQuery(start + ",\"stages\":[{\"dims\":128}]}}")).toString(),
        not(containsString("target_recall")));
  }

  public void testWhatASimilarityBecomes() throws IOException {
    String start = "{\"matryoshka\":{\"field\":\"vector\",\"query_vector\":" + vectorJson();
    String filter = ",\"filter\":{\"term\":{\"mapped_string\":\"a\"}}";
    assertThat(lucene(parseQuery(start + ",\"similarity\":0.5}}")), instanceOf(FindAllQuery.class));
    assertThat(
        lucene(parseQuery(start + ",\"similarity\":0.5" + filter + "}}")),
        instanceOf(BooleanQuery.class));
    assertThat(
        lucene(parseQuery(start + ",\"similarity\":0.5,\"k\":3}}")),
        instanceOf(BestAboveQuery.class));
    assertThat(
        lucene(parseQuery(start + ",\"similarity\":0.5,\"k\":3,\"mode\":\"fast\"}}")),
        instanceOf(MatryoshkaQuery.class));
  }

  public void testExpensiveQueriesCanBeForbidden() {
    SearchExecutionContext context = createSearchExecutionContext();
    SearchExecutionContext spied = org.mockito.Mockito.spy(context);
    org.mockito.Mockito.when(spied.allowExpensiveQueries()).thenReturn(false);
    IllegalArgumentException e =
        expectThrows(
            IllegalArgumentException.class,
            () ->
                MatryoshkaQueryBuilder.above(0.5f, FIELD, randomVector(), null, List.of(), null)
                    .toQuery(spied));
    assertThat(e.getMessage(), containsString("[search.allow_expensive_queries]"));
  }

  public void testInnerHitsOfEverythingAboveASimilarity() throws IOException {
    InnerHitsRewriteContext context =
        new InnerHitsRewriteContext(XContentParserConfiguration.EMPTY, () -> 0L);
    for (Integer k : new Integer[] {null, 1}) {
      QueryBuilder children =
          MatryoshkaQueryBuilder.above(0.5f, FIELD, randomVector(), k, List.of(), null)
              .rewrite(context);
      assertThat(lucene(children), instanceOf(FindAllQuery.class));
      assertSame(children, children.rewrite(context));
      assertEquals(
          children, copyNamedWriteable(children, namedWriteableRegistry(), QueryBuilder.class));
    }
  }

  public void testOneStageNeedsItsArray() {
    assertThat(
        rejectedJson(
            "\"field\":\"vector\",\"query_vector\":" + vectorJson() + ",\"stages\":{\"dims\":128}"),
        containsString("[stages] must be an array of objects"));
  }

  public void testStagesMustKeepWhatTheRequestWantsWhenThereIsNoK() {
    QueryStages stages =
        new QueryStages(List.of(Stage.hamming(64, 9), Stage.floats(DIMS, Stage.LAST)));
    assertThat(rejected(query(null, stages)), containsString("[k], which is [10]"));
  }

  public void testUnmappedFieldHasNoDocuments() throws IOException {
    QueryBuilder unmapped = new MatryoshkaQueryBuilder("nowhere", new float[] {1, 2}, 3, List.of());
    assertThat(lucene(unmapped), instanceOf(MatchNoDocsQuery.class));
  }

  public void testFieldWithoutVectorsYetHasNoDocuments() throws IOException {
    QueryBuilder unsized = new MatryoshkaQueryBuilder(UNSIZED, new float[] {1, 2}, 3, List.of());
    assertThat(lucene(unsized), instanceOf(MatchNoDocsQuery.class));
  }

  public void testBoost() throws IOException {
    Query query = lucene(query(3, null).boost(2.5f));
    assertThat(query, instanceOf(BoostQuery.class));
    assertEquals(2.5f, ((BoostQuery) query).getBoost(), 0);
  }

  public void testFilterThatMatchesNothingMatchesNothing() throws IOException {
    QueryBuilder query =
        new MatryoshkaQueryBuilder(FIELD, randomVector(), 3, List.of(new MatchNoneQueryBuilder()));
    assertThat(
        query.rewrite(createSearchExecutionContext()), instanceOf(MatchNoneQueryBuilder.class));
  }

  public void testInnerHitsScoreAllChildrenExactly() throws IOException {
    InnerHitsRewriteContext context =
        new InnerHitsRewriteContext(XContentParserConfiguration.EMPTY, () -> 0L);
    QueryBuilder exact = query(1, null).boost(3).rewrite(context);
    assertThat(exact, instanceOf(ExactMatryoshkaQueryBuilder.class));
    assertEquals(3, exact.boost(), 0);
    Query unboosted = ((BoostQuery) lucene(exact)).getQuery();
    assertThat(unboosted, instanceOf(DenseVectorQuery.Floats.class));
    assertEquals(exact, copyNamedWriteable(exact, namedWriteableRegistry(), QueryBuilder.class));

    QueryBuilder filtered =
        new MatryoshkaQueryBuilder(
                FIELD, randomVector(), 1, List.of(new TermQueryBuilder(KEYWORD_FIELD_NAME, "a")))
            .rewrite(context);
    assertThat(filtered, instanceOf(ExactMatryoshkaQueryBuilder.class));
    assertThat(lucene(filtered), instanceOf(BooleanQuery.class));
    assertEquals(
        filtered, copyNamedWriteable(filtered, namedWriteableRegistry(), QueryBuilder.class));
  }

  public void testExactQueriesAreNotForUsers() {
    Exception e =
        expectThrows(
            IllegalArgumentException.class,
            () -> parseQuery("{\"exact_matryoshka\":{\"field\":\"vector\"}}"));
    assertThat(e.getMessage(), containsString("cannot be written"));
  }

  public void testVectorIsBuiltBeforeTheQueryTravels() throws IOException {
    MatryoshkaQueryBuilder query =
        new MatryoshkaQueryBuilder(
                FIELD,
                null,
                new FirstAxis(DIMS),
                3,
                List.of(QueryBuilders.termQuery(KEYWORD_FIELD_NAME, "a")),
                null,
                null)
            .boost(2)
            .queryName("named");
    QueryBuilder built = rewriteAndFetch(query, createQueryRewriteContext());
    float[] axis = new float[DIMS];
    axis[0] = 1;
    assertEquals(
        new MatryoshkaQueryBuilder(
                FIELD, axis, 3, List.of(QueryBuilders.termQuery(KEYWORD_FIELD_NAME, "a")))
            .boost(2)
            .queryName("named"),
        built);
    assertThat(
        expectThrows(
                IllegalArgumentException.class,
                () ->
                    rewriteAndFetch(
                        new MatryoshkaQueryBuilder(
                            FIELD, null, new FirstAxis(0), 3, List.of(), null, null),
                        createQueryRewriteContext()))
            .getMessage(),
        containsString("returned null query_vector"));
  }

  public void testQueryWhoseVectorIsBeingBuiltDoesNotTravel() throws IOException {
    QueryBuilder pending =
        new MatryoshkaQueryBuilder(FIELD, null, new FirstAxis(DIMS), 3, List.of(), null, null)
            .rewrite(createQueryRewriteContext());
    try (BytesStreamOutput out = new BytesStreamOutput()) {
      expectThrows(IllegalStateException.class, () -> pending.writeTo(out));
    }
    expectThrows(IllegalStateException.class, () -> Strings.toString(pending));
  }

  public void testUnknownWireVersionIsRefused() throws IOException {
    try (BytesStreamOutput out = new BytesStreamOutput()) {
      MatryoshkaQueryBuilder query = query(3, null);
      query.writeTo(out);
      byte[] bytes = new BytesArray(out.bytes().toBytesRef()).array().clone();
      // A float of boost and the absent name come first.
      int at = Float.BYTES + 1;
      assertEquals(1, bytes[at]);
      bytes[at] = 9;
      try (StreamInput in = StreamInput.wrap(bytes)) {
        IllegalArgumentException e =
            expectThrows(IllegalArgumentException.class, () -> new MatryoshkaQueryBuilder(in));
        assertThat(
            e.getMessage(),
            allOf(
                containsString("[matryoshka] has wire version [9]"),
                containsString("knows only [1]")));
      }
    }
  }

  @Override
  protected Map<String, String> getObjectsHoldingArbitraryContent() {
    return Map.of();
  }

  /** Builds the first axis of a space, asynchronously as far as the query can tell. */
  private record FirstAxis(int dims) implements QueryVectorBuilder {

    private static final String NAME = "first_axis";

    @Override
    public void buildVector(Client client, ActionListener<float[]> listener) {
      float[] axis = dims == 0 ? null : new float[dims];
      if (axis != null) {
        axis[0] = 1;
      }
      listener.onResponse(axis);
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
    public void writeTo(StreamOutput out) throws IOException {
      out.writeVInt(dims);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
      return builder.startObject().endObject();
    }
  }

  /** Registers the vector builder of these tests. */
  public static final class FirstAxisPlugin extends Plugin implements SearchPlugin {
    private static final ObjectParser<FirstAxis, Void> EMPTY_OBJECT =
        new ObjectParser<>(FirstAxis.NAME, () -> new FirstAxis(DIMS));

    @Override
    public List<QueryVectorBuilderSpec<?>> getQueryVectorBuilders() {
      return List.of(
          new QueryVectorBuilderSpec<>(
              FirstAxis.NAME,
              in -> new FirstAxis(in.readVInt()),
              (parser, context) -> EMPTY_OBJECT.apply(parser, null)));
    }
  }

  /** However deep: the parser would end the node before Elasticsearch could refuse to search. */
  public void testFiltersThatAreNestedTooDeep() {
    String query = "{\"match_all\":{}}";
    for (int depth = 0; depth < 400; depth++) {
      query = "{\"matryoshka\":{\"field\":\"v\",\"query_vector\":[1],\"filter\":" + query + "}}";
    }
    String tooDeep = query;
    Exception e = expectThrows(Exception.class, () -> parseQuery(tooDeep));
    assertThat(ExceptionsHelper.stackTrace(e), containsString("maximum nested depth"));
  }
}
