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

import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.lucene.document.KnnFloatVectorField;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.index.mapper.DocumentParserContext;
import org.elasticsearch.index.mapper.FieldMapper;
import org.elasticsearch.index.mapper.MapperBuilderContext;
import org.elasticsearch.index.mapper.MapperParsingException;
import org.elasticsearch.index.mapper.SourceLoader;
import org.elasticsearch.index.mapper.vectors.SyntheticVectorsPatchFieldLoader;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser.Token;

/**
 * Maps {@code matryoshka_vector} fields: one vector a document, of 2 to 4096 floats, indexed as
 * given (bfloat16 after rounding to nearest even) so that what comes back is bit for bit what went
 * in. Vectors are left out of the stored {@code _source} and read from the index instead, unless
 * the index setting {@code index.mapping.exclude_source_vectors} says otherwise.
 */
public final class MatryoshkaVectorFieldMapper extends FieldMapper {

  /** The type in mappings. */
  public static final String CONTENT_TYPE = "matryoshka_vector";

  /** Fewest dimensions of a vector. */
  public static final int MIN_DIMS = 2;

  /** Reads the field from a mapping. */
  public static final TypeParser PARSER =
      new TypeParser(
          (name, context) ->
              new Builder(
                  name,
                  context.getIndexSettings().getIndexVersionCreated(),
                  IndexSettings.INDEX_MAPPING_EXCLUDE_SOURCE_VECTORS_SETTING.get(
                      context.getIndexSettings().getSettings())),
          notInMultiFields(CONTENT_TYPE));

  private final IndexVersion indexVersion;
  private final boolean excludeSourceVectorsSetting;
  private final boolean vectorsLeftOutOfSource;

  private MatryoshkaVectorFieldMapper(
      String leafName,
      MatryoshkaVectorFieldType type,
      BuilderParams params,
      Builder builder,
      boolean vectorsLeftOutOfSource) {
    super(leafName, type, params);
    this.indexVersion = builder.indexVersion;
    this.excludeSourceVectorsSetting = builder.excludeSourceVectors;
    this.vectorsLeftOutOfSource = vectorsLeftOutOfSource;
  }

  @Override
  public MatryoshkaVectorFieldType fieldType() {
    return (MatryoshkaVectorFieldType) super.fieldType();
  }

  @Override
  protected String contentType() {
    return CONTENT_TYPE;
  }

  @Override
  public boolean parsesArrayValue() {
    return true;
  }

  @Override
  public void parse(DocumentParserContext context) throws IOException {
    if (context.isWithinCopyTo()) {
      // Left out of the source, it comes back for updates and recoveries: there would be two.
      throw new IllegalArgumentException(
          "field ["
              + fullPath()
              + "] of type ["
              + CONTENT_TYPE
              + "] cannot be a target of [copy_to]");
    }
    if (context.doc().getByKey(fullPath()) != null) {
      throw new IllegalArgumentException(
          "field ["
              + fullPath()
              + "] of type ["
              + CONTENT_TYPE
              + "] takes one vector a document but got more");
    }
    if (context.parser().currentToken() == Token.VALUE_NULL) {
      return;
    }
    Integer dims = fieldType().dims();
    float[] vector = VectorParser.parse(context.parser(), fullPath(), dims);
    VectorRules rules = fieldType().rules();
    rules.round(vector);
    rules.check(vector, dims == null ? vector.length : dims);
    if (dims == null) {
      // The document is parsed again once the mapping knows the dims.
      context.addDynamicMapper(getMergeBuilder().dims(vector.length), fullPath());
      return;
    }
    context
        .doc()
        .addWithKey(
            fullPath(),
            new KnnFloatVectorField(fullPath(), vector, fieldType().similarity().function()));
  }

  @Override
  protected void parseCreateField(DocumentParserContext context) {
    throw new AssertionError("parse is implemented directly");
  }

  @Override
  public SourceLoader.SyntheticVectorsLoader syntheticVectorsLoader() {
    return vectorsLeftOutOfSource
        ? new SyntheticVectorsPatchFieldLoader<>(
            this::vectorLoader,
            // Arrays cannot be copied, which parsing the document again would do.
            copyTo().copyToFields().isEmpty()
                ? SyntheticVectorLoader::vector
                : SyntheticVectorLoader::base64)
        : null;
  }

  @Override
  protected SyntheticSourceSupport syntheticSourceSupport() {
    return new SyntheticSourceSupport.Native(this::vectorLoader);
  }

  private SyntheticVectorLoader vectorLoader() {
    return new SyntheticVectorLoader(fullPath(), leafName());
  }

  @Override
  public Builder getMergeBuilder() {
    Builder builder = new Builder(leafName(), indexVersion, excludeSourceVectorsSetting);
    builder.init(this);
    return builder;
  }

  private static MatryoshkaVectorFieldType typeOf(FieldMapper mapper) {
    return ((MatryoshkaVectorFieldMapper) mapper).fieldType();
  }

  /** Collects and validates the parameters of a mapping. */
  public static final class Builder extends FieldMapper.Builder {

    private final IndexVersion indexVersion;
    private final boolean excludeSourceVectors;

    // Updatable once, from unknown to what the first vector has.
    private final Parameter<Integer> dims =
        new Parameter<Integer>(
                "dims",
                true,
                () -> null,
                (name, context, value) -> parseDims(name, value),
                mapper -> typeOf(mapper).dims(),
                XContentBuilder::field,
                Objects::toString)
            .setSerializerCheck((includeDefaults, configured, value) -> value != null)
            .setMergeValidator(
                (previous, current, conflicts) ->
                    previous == null || Objects.equals(previous, current))
            .addValidator(this::checkDims);

    private final Parameter<VectorElement> elementType =
        new Parameter<>(
            "element_type",
            false,
            () -> VectorElement.FLOAT,
            (name, context, value) -> parseElementType(name, value),
            mapper -> typeOf(mapper).element(),
            (builder, name, value) -> builder.field(name, value.label()),
            VectorElement::label);

    private final Parameter<VectorSimilarity> similarity =
        new Parameter<>(
            "similarity",
            false,
            () -> VectorSimilarity.COSINE,
            (name, context, value) -> parseSimilarity(name, value),
            mapper -> typeOf(mapper).similarity(),
            (builder, name, value) -> builder.field(name, value.toString()),
            VectorSimilarity::toString);

    // Always written out, so that an index keeps the defaults it was created with.
    private final Parameter<VectorIndexOptions> indexOptions =
        new Parameter<>(
                VectorIndexOptions.NAME,
                false,
                () -> VectorIndexOptions.DEFAULT,
                (name, context, value) -> VectorIndexOptions.parse(name, value),
                mapper -> typeOf(mapper).indexOptions(),
                (builder, name, value) -> resolved(value).toXContent(builder),
                value -> resolved(value).toString())
            .acceptsNull()
            .alwaysSerialize()
            .setMergeValidator(
                (previous, current, conflicts) -> resolved(previous).equals(resolved(current)))
            .addValidator(this::checkIndexOptions);

    private final Parameter<Map<String, String>> meta = Parameter.metaParam();

    Builder(String name, IndexVersion indexVersion, boolean excludeSourceVectors) {
      super(name);
      this.indexVersion = indexVersion;
      this.excludeSourceVectors = excludeSourceVectors;
    }

    /** Sets what the first vector has, if the other parameters can go with it. */
    private Builder dims(int value) {
      dims.setValue(value);
      validate();
      return this;
    }

    private static Integer parseDims(String field, @Nullable Object value) {
      if (value instanceof Integer dims) {
        return dims;
      }
      throw new MapperParsingException(
          "[dims] of field [" + field + "] must be an integer but was [" + value + "]");
    }

    private void checkDims(@Nullable Integer value) {
      if (value != null && (value < MIN_DIMS || value > MatryoshkaVectorsFormat.MAX_DIMS)) {
        throw new MapperParsingException(
            "[dims] of field ["
                + leafName()
                + "] must be between ["
                + MIN_DIMS
                + "] and ["
                + MatryoshkaVectorsFormat.MAX_DIMS
                + "] but was ["
                + value
                + "]");
      }
    }

    private static VectorElement parseElementType(String field, @Nullable Object value) {
      for (VectorElement element : VectorElement.values()) {
        if (element.label().equals(value)) {
          return element;
        }
      }
      throw new MapperParsingException(
          "[element_type] of field ["
              + field
              + "] must be one of ["
              + Arrays.stream(VectorElement.values())
                  .map(VectorElement::label)
                  .collect(Collectors.joining(", "))
              + "] but was ["
              + value
              + "]");
    }

    private static VectorSimilarity parseSimilarity(String field, @Nullable Object value) {
      for (VectorSimilarity similarity : VectorSimilarity.values()) {
        if (similarity.toString().equals(value)) {
          return similarity;
        }
      }
      throw new MapperParsingException(
          "[similarity] of field ["
              + field
              + "] must be one of ["
              + Arrays.stream(VectorSimilarity.values())
                  .map(VectorSimilarity::toString)
                  .collect(Collectors.joining(", "))
              + "] but was ["
              + value
              + "]");
    }

    private void checkIndexOptions(VectorIndexOptions options) {
      Integer known = dims.getValue();
      options.validate(leafName(), known == null ? MatryoshkaVectorsFormat.MAX_DIMS : known);
    }

    private VectorIndexOptions resolved(VectorIndexOptions options) {
      return options.resolve(dims.getValue());
    }

    @Override
    protected Parameter<?>[] getParameters() {
      // Dims first: the others are merged and checked against them.
      return new Parameter<?>[] {dims, elementType, similarity, indexOptions, meta};
    }

    @Override
    public String contentType() {
      return CONTENT_TYPE;
    }

    @Override
    public MatryoshkaVectorFieldMapper build(MapperBuilderContext context) {
      MatryoshkaVectorFieldType type =
          new MatryoshkaVectorFieldType(
              context.buildFullName(leafName()),
              indexVersion,
              dims.getValue(),
              elementType.getValue(),
              similarity.getValue(),
              indexOptions.getValue(),
              meta.getValue());
      return new MatryoshkaVectorFieldMapper(
          leafName(),
          type,
          builderParams(this, context),
          this,
          excludeSourceVectors && context.isSourceSynthetic() == false);
    }
  }
}
