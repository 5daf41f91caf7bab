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

import org.apache.lucene.search.SortField;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.index.fielddata.IndexFieldData.XFieldComparatorSource.Nested;
import org.elasticsearch.index.mapper.vectors.DenseVectorFieldMapper.ElementType;
import org.elasticsearch.index.mapper.vectors.VectorIndexFieldData;
import org.elasticsearch.search.MultiValueMode;
import org.elasticsearch.search.aggregations.support.CoreValuesSourceType;

/** Lets scripts and {@code docvalue_fields} read vectors as they read a {@code dense_vector}. */
final class VectorFieldData extends VectorIndexFieldData {

  VectorFieldData(String field, IndexVersion indexVersion, @Nullable Integer dims) {
    // Readers hand out floats whatever the element type, and none while the dims are unknown.
    super(
        field,
        CoreValuesSourceType.KEYWORD,
        indexVersion,
        ElementType.FLOAT,
        dims == null ? 0 : dims,
        true,
        reader -> reader);
  }

  @Override
  public SortField sortField(
      @Nullable Object missing, MultiValueMode mode, Nested nested, boolean reverse) {
    throw new IllegalArgumentException(
        "field ["
            + fieldName
            + "] of type ["
            + MatryoshkaVectorFieldMapper.CONTENT_TYPE
            + "] cannot be sorted by");
  }
}
