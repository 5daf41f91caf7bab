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

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.search.SimilarityThreshold;
import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import org.apache.lucene.search.FieldExistsQuery;
import org.apache.lucene.search.Query;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.index.fielddata.FieldDataContext;
import org.elasticsearch.index.fielddata.IndexFieldData;
import org.elasticsearch.index.mapper.IndexType;
import org.elasticsearch.index.mapper.SimpleMappedFieldType;
import org.elasticsearch.index.mapper.ValueFetcher;
import org.elasticsearch.index.mapper.vectors.DenseVectorFieldMapper.ElementType;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.search.DocValueFormat;
import org.elasticsearch.search.vectors.VectorData;

/** What searches know of a {@code matryoshka_vector} field. Immutable and thread-safe. */
public final class MatryoshkaVectorFieldType extends SimpleMappedFieldType {

  private final IndexVersion indexVersion;
  private final Integer dims;
  private final VectorElement element;
  private final VectorSimilarity similarity;
  private final VectorIndexOptions indexOptions;

  MatryoshkaVectorFieldType(
      String name,
      IndexVersion indexVersion,
      @Nullable Integer dims,
      VectorElement element,
      VectorSimilarity similarity,
      VectorIndexOptions indexOptions,
      Map<String, String> meta) {
    super(name, IndexType.vectors(), false, meta);
    this.indexVersion = indexVersion;
    this.dims = dims;
    this.element = element;
    this.similarity = similarity;
    this.indexOptions = indexOptions;
  }

  /** Dimensions of every vector, 2 to 4096; null until the first vector tells. */
  @Nullable
  public Integer dims() {
    return dims;
  }

  /** How full-precision vectors are stored. */
  public VectorElement element() {
    return element;
  }

  /** How vectors are compared. */
  public VectorSimilarity similarity() {
    return similarity;
  }

  VectorIndexOptions indexOptions() {
    return indexOptions;
  }

  /** What new segments are to be written with; empty until the dims are known. */
  public Optional<CodecOptions> codecOptions() {
    return dims == null ? Optional.empty() : Optional.of(indexOptions.codecOptions(element, dims));
  }

  /**
   * The vector that a query asks for. Queries are not rounded to the element of the field.
   *
   * @param vector an array, or base64 or hex as the {@code knn} query takes it
   * @return one component for each dimension; may be the caller's own array
   * @throws IllegalArgumentException when the vector cannot be compared with the field's
   * @throws IllegalStateException when the dims are not known yet
   */
  public float[] resolveQueryVector(VectorData vector) {
    if (dims == null) {
      throw new IllegalStateException("field [" + name() + "] has no dimensions yet");
    }
    float[] resolved = decode(vector).asFloatVector();
    rules().check(resolved, dims);
    return resolved;
  }

  /**
   * What a document must reach for a {@code similarity} that a query asks for.
   *
   * @throws IllegalArgumentException when vectors of this field cannot be that similar
   */
  public SimilarityThreshold threshold(float wanted) {
    similarity.checkWanted(name(), wanted);
    return new SimilarityThreshold(similarity.function(), wanted);
  }

  private VectorData decode(VectorData vector) {
    if (vector.isStringVector() == false) {
      return vector;
    }
    ElementType type = element == VectorElement.BFLOAT16 ? ElementType.BFLOAT16 : ElementType.FLOAT;
    try {
      return VectorData.decodeQueryVector(vector.stringVector(), type, dims);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("field [" + name() + "]: " + e.getMessage(), e);
    }
  }

  VectorRules rules() {
    return new VectorRules(name(), element, similarity);
  }

  @Override
  public String typeName() {
    return MatryoshkaVectorFieldMapper.CONTENT_TYPE;
  }

  @Override
  public boolean isVectorEmbedding() {
    return true;
  }

  @Override
  public boolean isAggregatable() {
    return false;
  }

  @Override
  public ValueFetcher valueFetcher(SearchExecutionContext context, @Nullable String format) {
    if (format != null) {
      throw new IllegalArgumentException(
          "field [" + name() + "] of type [" + typeName() + "] does not take a [format]");
    }
    return new VectorValueFetcher(name(), dims, context);
  }

  @Override
  public DocValueFormat docValueFormat(@Nullable String format, ZoneId timeZone) {
    return switch (format) {
      case null -> DocValueFormat.DENSE_VECTOR;
      case "array" -> DocValueFormat.DENSE_VECTOR;
      case "binary" -> DocValueFormat.BINARY;
      default ->
          throw new IllegalArgumentException(
              "field ["
                  + name()
                  + "] of type ["
                  + typeName()
                  + "] has no format ["
                  + format
                  + "]; available formats are [array, binary]");
    };
  }

  @Override
  public IndexFieldData.Builder fielddataBuilder(FieldDataContext context) {
    return (cache, breakers) -> new VectorFieldData(name(), indexVersion, dims);
  }

  @Override
  public Query existsQuery(SearchExecutionContext context) {
    return new FieldExistsQuery(name());
  }

  @Override
  public Query termQuery(Object value, @Nullable SearchExecutionContext context) {
    throw new IllegalArgumentException(
        "field ["
            + name()
            + "] of type ["
            + typeName()
            + "] does not support term queries; use the [matryoshka] query");
  }
}
