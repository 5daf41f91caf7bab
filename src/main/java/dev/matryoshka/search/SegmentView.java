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
package dev.matryoshka.search;

import dev.matryoshka.codec.MatryoshkaVectorsReader;
import dev.matryoshka.codec.SegmentBounds;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FilterLeafReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.VectorSimilarityFunction;

/**
 * One segment's vectors of one field: the codes where our codec wrote it, and always the
 * full-precision values. Segments of other formats (an index that another engine owns, or was
 * restored from one) have no codes and are searched exactly. Visibility of the field and deletions
 * come from the reader that the search was given, never from the unwrapped one, so that field- and
 * document-level security hold.
 *
 * @param codes null when there are none
 * @param ours the reader of our format, or null
 */
record SegmentView(
    LeafReaderContext context,
    String field,
    VectorSimilarityFunction similarity,
    int dims,
    int size,
    SegmentCodes codes,
    MatryoshkaVectorsReader ours) {

  /** Opens a segment, or returns null when no document of it has a visible vector. */
  static SegmentView open(LeafReaderContext context, String field) throws IOException {
    LeafReader reader = context.reader();
    FieldInfo info = reader.getFieldInfos().fieldInfo(field);
    if (info == null || info.hasVectorValues() == false) {
      return null;
    }
    FloatVectorValues values = reader.getFloatVectorValues(field);
    if (values == null || values.size() == 0) {
      return null;
    }
    MatryoshkaVectorsReader ours = ours(reader, field);
    return new SegmentView(
        context,
        field,
        info.getVectorSimilarityFunction(),
        info.getVectorDimension(),
        values.size(),
        ours == null ? null : ours.codes(field),
        ours);
  }

  private static MatryoshkaVectorsReader ours(LeafReader reader, String field) {
    if (FilterLeafReader.unwrap(reader) instanceof CodecReader codecReader) {
      KnnVectorsReader vectors = codecReader.getVectorReader();
      if (vectors instanceof PerFieldKnnVectorsFormat.FieldsReader perField) {
        vectors = perField.getFieldReader(field);
      }
      if (vectors instanceof MatryoshkaVectorsReader matryoshka) {
        return matryoshka;
      }
    }
    return null;
  }

  /** What bounds similarities, or null when there is none. */
  SegmentBounds bounds() {
    return ours == null ? null : ours.bounds(field);
  }

  /** Full-precision values; a new instance, for one thread. */
  FloatVectorValues values() throws IOException {
    return context.reader().getFloatVectorValues(field);
  }

  /** Scores at full precision. */
  ExactScorer exactScorer(float[] target) throws IOException {
    FloatVectorValues values = ours == null ? values() : ours.getFloatVectorValues(field);
    return new ExactScorer(similarity, values, target);
  }

  /**
   * @throws IllegalArgumentException when a query vector has another number of dimensions
   */
  void checkDims(float[] target) {
    if (dims != target.length) {
      throw new IllegalArgumentException(
          "the query vector has ["
              + target.length
              + "] dimensions but field ["
              + field
              + "] has ["
              + dims
              + "]");
    }
  }
}
