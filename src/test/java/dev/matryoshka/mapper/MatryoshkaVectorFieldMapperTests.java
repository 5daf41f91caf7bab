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
package dev.matryoshka.mapper;

import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.instanceOf;

import dev.matryoshka.codec.BFloat16;
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.plugin.MatryoshkaPlugin;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.FieldExistsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.store.Directory;
import org.elasticsearch.common.Strings;
import org.elasticsearch.core.CheckedConsumer;
import org.elasticsearch.index.fielddata.FieldDataContext;
import org.elasticsearch.index.fielddata.IndexFieldDataCache;
import org.elasticsearch.index.mapper.DocValueFetcher;
import org.elasticsearch.index.mapper.DocumentMapper;
import org.elasticsearch.index.mapper.DocumentParsingException;
import org.elasticsearch.index.mapper.LuceneDocument;
import org.elasticsearch.index.mapper.MappedFieldType;
import org.elasticsearch.index.mapper.MapperParsingException;
import org.elasticsearch.index.mapper.MapperService;
import org.elasticsearch.index.mapper.MapperTestCase;
import org.elasticsearch.index.mapper.Mapping;
import org.elasticsearch.index.mapper.ParsedDocument;
import org.elasticsearch.index.mapper.ValueFetcher;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.indices.breaker.NoneCircuitBreakerService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.search.lookup.Source;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.xcontent.ToXContent;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentType;
import org.elasticsearch.xcontent.json.JsonXContent;
import org.junit.AssumptionViolatedException;

public class MatryoshkaVectorFieldMapperTests extends MapperTestCase {

  private static final int DIMS = 4;

  @Override
  protected Collection<? extends Plugin> getPlugins() {
    return List.of(new MatryoshkaPlugin());
  }

  @Override
  protected void minimalMapping(XContentBuilder b) throws IOException {
    b.field("type", MatryoshkaVectorFieldMapper.CONTENT_TYPE).field("dims", DIMS);
  }

  @Override
  protected void metaMapping(XContentBuilder b) throws IOException {
    // Index options are always written out, so a mapping that equals itself must spell them out.
    minimalMapping(b);
    b.startObject("index_options").field("rotation", "pca_random").field("bits", List.of());
    b.endObject();
  }

  @Override
  protected Object getSampleValueForDocument() {
    return List.of(0.5f, -1f, 2f, 0.25f);
  }

  @Override
  protected boolean supportsIgnoreMalformed() {
    return false;
  }

  @Override
  protected boolean supportsStoredFields() {
    return false;
  }

  @Override
  protected boolean supportsCopyTo() {
    // As dense_vector: a copied array arrives component by component.
    return false;
  }

  @Override
  protected boolean supportsEmptyInputArray() {
    return false;
  }

  @Override
  protected boolean supportsDocValuesSkippers() {
    return false;
  }

  @Override
  protected void registerParameters(ParameterChecker checker) throws IOException {
    checker.registerConflictCheck(
        "dims", fieldMapping(this::minimalMapping), fieldMapping(b -> type(b).field("dims", 5)));
    checker.registerConflictCheck("element_type", b -> b.field("element_type", "bfloat16"));
    checker.registerConflictCheck("similarity", b -> b.field("similarity", "l2_norm"));
    checker.registerConflictCheck("index_options", b -> options(b, "rotation", "none"));
  }

  @Override
  protected Object generateRandomInputValue(MappedFieldType type) {
    List<Float> vector = new ArrayList<>();
    for (int i = 0; i < DIMS; i++) {
      vector.add(randomFloatBetween(-1, 1, true));
    }
    return vector;
  }

  @Override
  protected void assertFetch(MapperService mapper, String field, Object value, String format)
      throws IOException {
    // Doc values hold the vector as one value where the source holds its components, so the
    // inherited comparison element by element cannot apply. Nor can its index: that needs a native
    // library.
    MappedFieldType type = mapper.fieldType(field);
    assertEquals(value, fetchFromSource(mapper, type, value));
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
      writer.addDocument(
          mapper.documentMapper().parse(source(b -> b.field(field, value))).rootDoc());
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        ValueFetcher fetcher =
            new DocValueFetcher(
                type.docValueFormat(format, null),
                type.fielddataBuilder(FieldDataContext.noRuntimeFields("index", "test"))
                    .build(new IndexFieldDataCache.None(), new NoneCircuitBreakerService()));
        fetcher.setNextReader(reader.leaves().getFirst());
        List<Object> fetched = fetcher.fetchValues(Source.empty(null), 0, new ArrayList<>());
        assertEquals(1, fetched.size());
        assertEquals(value, asList((float[]) fetched.getFirst()));
      }
    }
  }

  @Override
  public void testSyntheticSourceKeepArrays() {
    // It indexes an array of values, and an array of vectors is none. dense_vector leaves it out
    // for the same reason.
  }

  @Override
  protected void assertFetchMany(
      MapperService mapper, String field, Object value, String format, int count) {
    assumeFalse("a document has one vector", true);
  }

  @Override
  public void testAggregatableConsistency() {
    // As dense_vector: not aggregatable, yet scripts and docvalue_fields read field data.
  }

  @Override
  protected void assertSearchable(MappedFieldType type) {
    // Searched by vectors, not by text.
    assertTrue(type.isSearchable());
  }

  @Override
  protected void assertExistsQuery(MappedFieldType type, Query query, LuceneDocument fields) {
    // Vectors answer exists by themselves, with neither doc values nor norms.
    assertThat(query, instanceOf(FieldExistsQuery.class));
    assertEquals("field", ((FieldExistsQuery) query).getField());
    assertNoFieldNamesField(fields);
  }

  @Override
  protected SyntheticSourceSupport syntheticSourceSupport(boolean ignoreMalformed) {
    boolean bfloat16 = randomBoolean();
    return new SyntheticSourceSupport() {
      @Override
      public SyntheticSourceExample example(int maxValues) {
        List<Float> input = new ArrayList<>();
        List<Float> stored = new ArrayList<>();
        for (int i = 0; i < DIMS; i++) {
          float value = randomFloatBetween(0.1f, 1, true);
          input.add(value);
          stored.add(bfloat16 ? BFloat16.round(value) : value);
        }
        return new SyntheticSourceExample(
            input,
            stored,
            b -> {
              minimalMapping(b);
              if (bfloat16) {
                b.field("element_type", "bfloat16");
              }
            });
      }

      @Override
      public List<SyntheticSourceInvalidExample> invalidExample() {
        return List.of();
      }
    };
  }

  @Override
  protected IngestScriptSupport ingestScriptSupport() {
    throw new AssumptionViolatedException("vectors do not come from scripts");
  }

  @Override
  protected List<SortShortcutSupport> getSortShortcutSupport() {
    return List.of();
  }

  private static XContentBuilder type(XContentBuilder b) throws IOException {
    return b.field("type", MatryoshkaVectorFieldMapper.CONTENT_TYPE);
  }

  private static void options(XContentBuilder b, String key, Object value) throws IOException {
    b.startObject("index_options").field(key, value).endObject();
  }

  private static List<Float> asList(float[] vector) {
    List<Float> list = new ArrayList<>();
    for (float component : vector) {
      list.add(component);
    }
    return list;
  }

  private MatryoshkaVectorFieldType typeFor(CheckedConsumer<XContentBuilder, IOException> mapping)
      throws IOException {
    return (MatryoshkaVectorFieldType)
        createMapperService(fieldMapping(mapping)).fieldType("field");
  }

  private String rejectedMapping(CheckedConsumer<XContentBuilder, IOException> mapping) {
    MapperParsingException e =
        expectThrows(
            MapperParsingException.class, () -> createMapperService(fieldMapping(mapping)));
    return e.getMessage();
  }

  private DocumentMapper mapper(int dims, String similarity, String element) throws IOException {
    return createDocumentMapper(
        fieldMapping(
            b ->
                type(b)
                    .field("dims", dims)
                    .field("similarity", similarity)
                    .field("element_type", element)));
  }

  private String rejected(
      DocumentMapper mapper, CheckedConsumer<XContentBuilder, IOException> document)
      throws IOException {
    DocumentParsingException e =
        expectThrows(DocumentParsingException.class, () -> mapper.parse(source(document)));
    assertEquals(400, e.status().getStatus());
    assertThat(e.getMessage(), containsString("[field]"));
    return e.getMessage();
  }

  private static float[] indexed(ParsedDocument document) {
    List<IndexableField> fields = document.rootDoc().getFields("field");
    assertEquals(1, fields.size());
    return ((KnnFloatVectorField) fields.getFirst()).vectorValue();
  }

  private static String base64(float... vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private static String base64OfBFloat16(float... vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Short.BYTES);
    for (float component : vector) {
      bytes.putShort((short) (Float.floatToIntBits(component) >>> Short.SIZE));
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  public void testDefaultsFitTheDims() throws IOException {
    for (int[] dimsAndBits : new int[][] {{2, 0}, {63, 0}, {64, 64}, {200, 192}, {4096, 256}}) {
      MatryoshkaVectorFieldType type = typeFor(b -> type(b).field("dims", dimsAndBits[0]));
      CodecOptions options = type.codecOptions().orElseThrow();
      assertEquals(dimsAndBits[1] == 0 ? List.of() : List.of(dimsAndBits[1]), options.bits());
      assertEquals(CodecOptions.DEFAULT_ROTATION, options.rotation());
      assertEquals(VectorElement.FLOAT, options.element());
      assertEquals(VectorSimilarity.COSINE, type.similarity());
    }
  }

  public void testExplicitOptionsReachTheCodec() throws IOException {
    MatryoshkaVectorFieldType type =
        typeFor(
            b -> {
              type(b).field("dims", 768).field("element_type", "bfloat16");
              b.field("similarity", "max_inner_product");
              b.startObject("index_options").field("rotation", "random");
              b.field("bits", List.of(64, 512)).endObject();
            });
    assertEquals(
        new CodecOptions(VectorElement.BFLOAT16, RotationKind.RANDOM, List.of(64, 512)),
        type.codecOptions().orElseThrow());
    assertEquals(VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT, type.similarity().function());
  }

  public void testOneLengthNeedsNoList() throws IOException {
    MatryoshkaVectorFieldType type =
        typeFor(
            b -> {
              type(b).field("dims", 768);
              options(b, "bits", 128);
            });
    assertEquals(List.of(128), type.codecOptions().orElseThrow().bits());
  }

  public void testOptionsAreWrittenOutAndStable() throws IOException {
    MapperService mapper = createMapperService(fieldMapping(b -> type(b).field("dims", 768)));
    String written = serialized(mapper.documentMapper().mapping());
    assertThat(written, containsString("\"index_options\":{\"rotation\":\"itq\",\"bits\":[256]}"));
    MapperService again = createMapperService(written);
    assertEquals(written, serialized(again.documentMapper().mapping()));
    merge(mapper, written);
    assertEquals(written, serialized(mapper.documentMapper().mapping()));
  }

  private static String serialized(Mapping mapping) throws IOException {
    XContentBuilder b = JsonXContent.contentBuilder().startObject();
    mapping.toXContent(b, ToXContent.EMPTY_PARAMS);
    return Strings.toString(b.endObject());
  }

  public void testChangedOptionsAreRejectedWithBothValues() throws IOException {
    MapperService mapper = createMapperService(fieldMapping(b -> type(b).field("dims", 768)));
    Exception e =
        expectThrows(
            IllegalArgumentException.class,
            () ->
                merge(
                    mapper,
                    fieldMapping(
                        b -> {
                          type(b).field("dims", 768);
                          options(b, "bits", List.of(128, 256));
                        })));
    assertThat(
        e.getMessage(),
        allOf(
            containsString("Cannot update parameter [index_options]"),
            containsString("bits=[256]"),
            containsString("bits=[128, 256]")));
  }

  public void testDimsComeFromTheFirstVector() throws IOException {
    MapperService mapper = createMapperService(fieldMapping(b -> type(b)));
    assertNull(((MatryoshkaVectorFieldType) mapper.fieldType("field")).dims());
    // Neither a bad vector nor null decides them.
    rejected(mapper.documentMapper(), b -> b.field("field", new float[70]));
    rejected(mapper.documentMapper(), b -> b.field("field", List.of(1, "x")));
    assertNull(
        mapper.documentMapper().parse(source(b -> b.nullField("field"))).dynamicMappingsUpdate());
    float[] vector = new float[130];
    vector[7] = 1;
    ParsedDocument document = mapper.documentMapper().parse(source(b -> b.field("field", vector)));
    assertEquals(List.of(), document.rootDoc().getFields("field"));
    merge(mapper, document.dynamicMappingsUpdate().toString());
    MatryoshkaVectorFieldType type = (MatryoshkaVectorFieldType) mapper.fieldType("field");
    assertEquals(130, type.dims().intValue());
    assertEquals(List.of(128), type.codecOptions().orElseThrow().bits());
    assertArrayEquals(
        vector, indexed(mapper.documentMapper().parse(source(b -> b.field("field", vector)))), 0);
  }

  public void testDimsFromBase64AreThoseOfFloats() throws IOException {
    MapperService mapper = createMapperService(fieldMapping(b -> type(b)));
    ParsedDocument document =
        mapper.documentMapper().parse(source(b -> b.field("field", base64(1, 2, 3))));
    assertThat(document.dynamicMappingsUpdate().toString(), containsString("\"dims\":3"));
    assertThat(
        rejected(mapper.documentMapper(), b -> b.field("field", "AAAAAAA=")),
        containsString("takes base64 of a multiple of [4] bytes but got [5]"));
  }

  public void testOptionsMustSuitSomeDims() {
    for (String option : new String[] {"bits", "bound_dims"}) {
      assertThat(
          rejectedMapping(b -> options(type(b), option, 8192)),
          containsString(
              "must not have ["
                  + option
                  + "] beyond the [4096] dimensions of the field but got [8192]"));
    }
  }

  public void testInferredDimsMustSuitTheOptions() throws IOException {
    DocumentMapper mapper =
        createDocumentMapper(
            fieldMapping(
                b -> {
                  type(b);
                  options(b, "bits", 256);
                }));
    assertThat(
        rejected(mapper, b -> b.field("field", List.of(1, 2, 3))),
        containsString("beyond the [3] dimensions of the field but got [256]"));
    assertThat(
        rejected(mapper, b -> b.field("field", List.of(1))),
        containsString("must be between [2] and [4096] but was [1]"));
    float[] tooLong = new float[4097];
    tooLong[0] = 1;
    assertThat(
        rejected(mapper, b -> b.field("field", tooLong)),
        containsString("has at most [4096] dimensions"));
  }

  public void testBadMappingsNameFieldRuleAndValue() {
    for (Object dims : new Object[] {0, 1, 4097}) {
      assertThat(
          rejectedMapping(b -> type(b).field("dims", dims)),
          containsString(
              "[dims] of field [field] must be between [2] and [4096] but was [" + dims + "]"));
    }
    for (Object dims : new Object[] {"many", "8", 8.5, true}) {
      assertThat(
          rejectedMapping(b -> type(b).field("dims", dims)),
          containsString("[dims] of field [field] must be an integer but was [" + dims + "]"));
    }
    assertThat(
        rejectedMapping(b -> type(b).field("dims", 8).field("element_type", "byte")),
        containsString(
            "[element_type] of field [field] must be one of [float, bfloat16] but was [byte]"));
    assertThat(
        rejectedMapping(b -> type(b).field("dims", 8).field("similarity", "hamming")),
        containsString("[similarity] of field [field] must be one of"));
    assertThat(
        rejectedMapping(b -> type(b).field("dims", 8).field("index", false)),
        containsString("unknown parameter [index] on mapper [field]"));
  }

  public void testBadIndexOptionsNameFieldRuleAndValue() {
    String[][] examples = {
      {"{\"turn\":1}", "has no option [turn]; available options are [bits, bound_dims, rotation]"},
      {"{\"rotation\":\"yes\"}", "unknown rotation [yes]; available rotations are ["},
      {"{\"bits\":[100]}", "[bits] must be positive multiples of [64] but got [100]"},
      {"{\"bits\":[0]}", "[bits] must be positive multiples of [64] but got [0]"},
      {"{\"bits\":[-64]}", "[bits] must be positive multiples of [64] but got [-64]"},
      {"{\"bits\":[128,64]}", "[bits] must be strictly ascending but got [128, 64]"},
      {"{\"bits\":[64,64]}", "[bits] must be strictly ascending but got [64, 64]"},
      {"{\"bits\":[\"64\"]}", "takes integers as [bits] but got [64]"},
      {"{\"bits\":\"64\"}", "takes integers as [bits] but got [64]"},
      {"{\"bound_dims\":[100]}", "[bound_dims] must be positive multiples of [64] but got [100]"},
      {"{\"bound_dims\":[64,64]}", "[bound_dims] must be strictly ascending but got [64, 64]"},
      {"{\"bound_dims\":[\"64\"]}", "takes integers as [bound_dims] but got [64]"},
      {
        "{\"bound_dims\":[64,256]}",
        "must not have [bound_dims] beyond the [128] dimensions of the field but got [256]"
      },
      {
        "{\"bits\":[64,256]}",
        "must not have [bits] beyond the [128] dimensions of the field but got [256]"
      },
      {"[256]", "must be an object but was [[256]]"},
    };
    for (String[] example : examples) {
      String mapping =
          "{\"_doc\":{\"properties\":{\"field\":{\"type\":\"matryoshka_vector\",\"dims\":128,"
              + "\"index_options\":"
              + example[0]
              + "}}}}";
      MapperParsingException e =
          expectThrows(MapperParsingException.class, () -> createMapperService(mapping));
      assertThat(
          e.getMessage(),
          allOf(containsString("[index_options] of field [field]"), containsString(example[1])));
    }
    assertThat(
        rejectedMapping(
            b -> {
              type(b).field("dims", 32);
              options(b, "bits", 64);
            }),
        containsString("beyond the [32] dimensions"));
  }

  public void testNotInMultiFields() {
    assertThat(
        rejectedMapping(
            b -> {
              b.field("type", "keyword").startObject("fields").startObject("vector");
              minimalMapping(b);
              b.endObject().endObject();
            }),
        containsString("Field [vector] of type [matryoshka_vector] can't be used in multifields"));
  }

  public void testVectorsAreIndexedAsGiven() throws IOException {
    float[] vector = {3, -4, 1e-20f, 1e15f};
    for (String similarity : List.of("cosine", "max_inner_product", "l2_norm")) {
      ParsedDocument document =
          mapper(DIMS, similarity, "float").parse(source(b -> b.field("field", vector)));
      assertArrayEquals(vector, indexed(document), 0);
      assertEquals(1, document.docs().size());
    }
  }

  public void testBase64() throws IOException {
    float[] vector = {0.5f, -1.5f, 3, 0.1f};
    DocumentMapper mapper = mapper(DIMS, "cosine", "float");
    assertArrayEquals(
        vector, indexed(mapper.parse(source(b -> b.field("field", base64(vector))))), 0);
    assertArrayEquals(
        new float[] {0.5f, -1.5f, 3, 0.099609375f},
        indexed(mapper.parse(source(b -> b.field("field", base64OfBFloat16(vector))))),
        0);
  }

  public void testBFloat16IsRoundedToNearestEvenBeforeIndexing() throws IOException {
    DocumentMapper mapper = mapper(DIMS, "l2_norm", "bfloat16");
    // Spacing between 1 and 2 is 2^-7: halfway values go to the even neighbour.
    float[] given = {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, 1 + 0x1.8p-9f, -(1 + 0x1.1p-8f)};
    float[] stored = {1, 1 + 0x1p-6f, 1, -(1 + 0x1p-7f)};
    assertArrayEquals(stored, indexed(mapper.parse(source(b -> b.field("field", given)))), 0);
    assertThat(
        rejected(mapper, b -> b.field("field", new float[] {0, 0, Float.MAX_VALUE, 0})),
        allOf(
            containsString("beyond the range of [bfloat16]"),
            containsString("[3.4028235E38] at dimension [2]")));
  }

  public void testNullIsNoValue() throws IOException {
    ParsedDocument document =
        mapper(DIMS, "cosine", "float").parse(source(b -> b.nullField("field")));
    assertEquals(List.of(), document.rootDoc().getFields("field"));
  }

  public void testBadVectorsNameFieldRuleAndValue() throws IOException {
    DocumentMapper mapper = mapper(DIMS, "l2_norm", "float");
    Object[][] examples = {
      {List.of(1, 2, 3), "has [4] dimensions but got a vector of [3]"},
      {List.of(1, 2, 3, 4, 5), "has at most [4] dimensions but got a vector of [5]"},
      {List.of(), "has [4] dimensions but got a vector of [0]"},
      {List.of(1, 2, "x", 4), "takes arrays of numbers but got [x] at dimension [2]"},
      {List.of(1, 2, List.of(), 4), "takes arrays of numbers but got [START_ARRAY]"},
      {List.of(List.of(1, 2, 3, 4)), "takes arrays of numbers but got [START_ARRAY]"},
      {List.of(1, true, 3, 4), "takes arrays of numbers but got [true] at dimension [1]"},
      {7, "takes an array of numbers or a base64 string but got [7]"},
      {true, "takes an array of numbers or a base64 string but got [true]"},
      {"not base64!", "got a string that is not base64"},
      {base64(1, 2, 3), "takes base64 of [16] or [8] bytes but got [12]"},
      {base64(1, Float.NaN, 3, 4), "takes finite values only but got [NaN] at dimension [1]"},
      {
        base64(1, 2, 3, Float.NEGATIVE_INFINITY),
        "takes finite values only but got [-Infinity] at dimension [3]"
      },
      {List.of(1e30f, 1e30f, 0f, 0f), "squared length overflows"},
    };
    for (Object[] example : examples) {
      assertThat(
          rejected(mapper, b -> b.field("field", example[0])), containsString((String) example[1]));
    }
    assertThat(
        rejected(mapper, b -> b.startObject("field").field("a", 1).endObject()),
        containsString("[START_OBJECT]"));
  }

  public void testComponentBeyondAFloatIsRejected() throws IOException {
    DocumentMapper mapper = mapper(DIMS, "l2_norm", "float");
    rejected(mapper, b -> b.field("field", List.of(1d, 1e39, 2d, 3d)));
  }

  public void testCosineNeedsALength() throws IOException {
    assertThat(
        rejected(mapper(DIMS, "cosine", "float"), b -> b.field("field", new float[DIMS])),
        containsString("compares by [cosine] and does not take vectors of length [0]"));
    // What matters is what is stored: this is zero in bfloat16.
    assertThat(
        rejected(
            mapper(DIMS, "cosine", "bfloat16"),
            b -> b.field("field", new float[] {Float.MIN_VALUE, 0, 0, 0})),
        containsString("length [0]"));
    assertThat(
        rejected(
            mapper(DIMS, "cosine", "float"), b -> b.field("field", new float[] {1e-30f, 0, 0, 0})),
        containsString("shorter than [1.0E-17] but got length [1.0"));
    // Its squared length is none of a float's, if only as the sum of four that are.
    assertThat(
        rejected(
            mapper(DIMS, "cosine", "float"),
            b -> b.field("field", new float[] {2e-23f, 2e-23f, 2e-23f, 2e-23f})),
        containsString("shorter than [1.0E-17] but got length ["));
    for (String similarity : List.of("l2_norm", "max_inner_product")) {
      mapper(DIMS, similarity, "float").parse(source(b -> b.field("field", new float[DIMS])));
    }
  }

  public void testLengthBeyondAFloatIsRejected() throws IOException {
    assertThat(
        rejected(
            mapper(DIMS, "l2_norm", "float"), b -> b.field("field", new float[] {1, 2, -3e19f, 4})),
        containsString("squared length overflows a float, with [-3.0E19] at dimension [2]"));
  }

  public void testDotProductNeedsUnitLength() throws IOException {
    float[] unit = {0.6f, 0, 0.8f, 0};
    float[] nearly = {0.6f, 0, 0.803f, 0};
    for (String element : List.of("float", "bfloat16")) {
      DocumentMapper mapper = mapper(DIMS, "dot_product", element);
      mapper.parse(source(b -> b.field("field", unit)));
      assertThat(
          rejected(mapper, b -> b.field("field", new float[] {1, 1, 0, 0})),
          containsString("takes vectors of length [1] only but got length [1.4142135]"));
    }
    rejected(mapper(DIMS, "dot_product", "float"), b -> b.field("field", nearly));
    mapper(DIMS, "dot_product", "bfloat16").parse(source(b -> b.field("field", nearly)));
  }

  public void testOneVectorADocument() throws IOException {
    DocumentMapper mapper =
        createDocumentMapper(
            mapping(
                b -> {
                  b.startObject("object").startObject("properties").startObject("field");
                  minimalMapping(b);
                  b.endObject().endObject().endObject();
                }));
    DocumentParsingException e =
        expectThrows(
            DocumentParsingException.class,
            () ->
                mapper.parse(
                    source(
                        b -> {
                          b.startArray("object");
                          b.startObject().field("field", new float[] {1, 2, 3, 4}).endObject();
                          b.startObject().field("field", new float[] {1, 2, 3, 4}).endObject();
                          b.endArray();
                        })));
    assertThat(
        e.getMessage(),
        containsString(
            "field [object.field] of type [matryoshka_vector] takes one vector a document"));
  }

  public void testNotATargetOfCopies() throws IOException {
    DocumentMapper mapper =
        createDocumentMapper(
            mapping(
                b -> {
                  b.startObject("text").field("type", "keyword").field("copy_to", "field");
                  b.endObject().startObject("field");
                  minimalMapping(b);
                  b.endObject();
                }));
    Exception e =
        expectThrows(
            DocumentParsingException.class,
            () -> mapper.parse(source(b -> b.field("text", base64(1, 2.5f, -3, 0.1f)))));
    assertThat(
        e.getMessage(),
        containsString(
            "field [field] of type [matryoshka_vector] cannot be a target of [copy_to]"));
  }

  public void testNestedDocumentsHaveOneVectorEach() throws IOException {
    DocumentMapper mapper =
        createDocumentMapper(
            mapping(
                b -> {
                  b.startObject("parts").field("type", "nested");
                  b.startObject("properties").startObject("field");
                  minimalMapping(b);
                  b.endObject().endObject().endObject();
                }));
    ParsedDocument document =
        mapper.parse(
            source(
                b -> {
                  b.startArray("parts");
                  b.startObject().field("field", new float[] {1, 2, 3, 4}).endObject();
                  b.startObject().field("field", new float[] {5, 6, 7, 8}).endObject();
                  b.endArray();
                }));
    assertEquals(3, document.docs().size());
    assertNotNull(document.docs().get(0).getField("parts.field"));
    assertNotNull(document.docs().get(1).getField("parts.field"));
  }

  public void testFetchGivesFloatsWhicheverWayTheDocumentHadThem() throws IOException {
    MapperService mapper = createMapperService(fieldMapping(this::minimalMapping));
    MappedFieldType type = mapper.fieldType("field");
    List<Float> expected = List.of(1f, 2.5f, -3f, 0.1f);
    assertEquals(expected, fetchFromSource(mapper, type, List.of(1, 2.5, -3L, 0.1f)));
    assertEquals(expected, fetchFromSource(mapper, type, base64(1, 2.5f, -3, 0.1f)));
  }

  public void testFetchFromAnArrayOfObjects() throws IOException {
    MapperService mapper =
        createMapperService(
            mapping(
                b -> {
                  b.startObject("o").startObject("properties").startObject("field");
                  minimalMapping(b);
                  b.endObject().endObject().endObject();
                }));
    List<Float> expected = List.of(1f, 2.5f, -3f, 0.1f);
    for (Object value : List.of(expected, base64(1, 2.5f, -3, 0.1f))) {
      Source source =
          Source.fromMap(Map.of("o", List.of(Map.of("field", value))), XContentType.JSON);
      ValueFetcher fetcher =
          mapper.fieldType("o.field").valueFetcher(createSearchExecutionContext(mapper), null);
      assertEquals(expected, fetcher.fetchValues(source, 0, new ArrayList<>()));
    }
  }

  private List<?> fetchFromSource(MapperService mapper, MappedFieldType type, Object value) {
    SearchExecutionContext context = createSearchExecutionContext(mapper);
    Source source = Source.fromMap(Map.of("field", value), XContentType.JSON);
    try {
      return type.valueFetcher(context, null).fetchValues(source, 0, new ArrayList<>());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  public void testFormats() throws IOException {
    MatryoshkaVectorFieldType type = typeFor(this::minimalMapping);
    assertNotNull(type.docValueFormat("array", null));
    assertNotNull(type.docValueFormat("binary", null));
    assertThat(
        expectThrows(IllegalArgumentException.class, () -> type.docValueFormat("hex", null))
            .getMessage(),
        allOf(containsString("[field]"), containsString("[hex]")));
    assertThat(
        expectThrows(IllegalArgumentException.class, () -> type.valueFetcher(null, "array"))
            .getMessage(),
        containsString("does not take a [format]"));
  }

  public void testQueryVectorIsChecked() throws IOException {
    MatryoshkaVectorFieldType cosine = typeFor(this::minimalMapping);
    float[] vector = {1, 2, 3, 4};
    assertArrayEquals(vector, cosine.resolveQueryVector(VectorData.fromFloats(vector)), 0);
    assertArrayEquals(
        vector, cosine.resolveQueryVector(VectorData.fromStringVector(base64(vector))), 0);
    assertArrayEquals(
        vector, cosine.resolveQueryVector(VectorData.fromStringVector("01020304")), 0);
    MatryoshkaVectorFieldType dotProduct =
        typeFor(b -> type(b).field("dims", DIMS).field("similarity", "dot_product"));
    Object[][] examples = {
      {cosine, VectorData.fromFloats(new float[] {1, 2}), "has [4] dimensions but got a vector"},
      {cosine, VectorData.fromFloats(new float[DIMS]), "length [0]"},
      {cosine, VectorData.fromFloats(new float[] {1, 2, Float.NaN, 4}), "[NaN] at dimension [2]"},
      {cosine, VectorData.fromStringVector("?"), "must be a valid base64 or hex string"},
      {cosine, VectorData.fromStringVector(base64(1, 2)), "not compatible"},
      {dotProduct, VectorData.fromFloats(vector), "takes vectors of length [1] only"},
    };
    for (Object[] example : examples) {
      IllegalArgumentException e =
          expectThrows(
              IllegalArgumentException.class,
              () ->
                  ((MatryoshkaVectorFieldType) example[0])
                      .resolveQueryVector((VectorData) example[1]));
      assertThat(
          e.getMessage(),
          allOf(containsString("field [field]"), containsString((String) example[2])));
    }
  }

  public void testTermQueryPointsToOurs() throws IOException {
    MatryoshkaVectorFieldType type = typeFor(this::minimalMapping);
    assertThat(
        expectThrows(IllegalArgumentException.class, () -> type.termQuery("a", null)).getMessage(),
        containsString("use the [matryoshka] query"));
    assertThat(type.existsQuery(null), equalTo(new FieldExistsQuery("field")));
    assertTrue(type.isVectorEmbedding());
  }
}
