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

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReader;
import org.elasticsearch.index.mapper.SourceLoader;
import org.elasticsearch.xcontent.XContentBuilder;

/** Puts vectors back into {@code _source} from the index. One instance serves one thread. */
final class SyntheticVectorLoader extends SourceLoader.DocValuesBasedSyntheticFieldLoader {

  private final String fullName;
  private final String leafName;
  private FloatVectorValues values;
  private KnnVectorValues.DocIndexIterator iterator;
  private boolean hasValue;

  SyntheticVectorLoader(String fullName, String leafName) {
    this.fullName = fullName;
    this.leafName = leafName;
  }

  @Override
  public DocValuesLoader docValuesLoader(LeafReader reader, int[] docIds) throws IOException {
    hasValue = false;
    values = reader.getFloatVectorValues(fullName);
    if (values == null) {
      return null;
    }
    iterator = values.iterator();
    return this::advance;
  }

  private boolean advance(int doc) throws IOException {
    int current = iterator.docID() < doc ? iterator.advance(doc) : iterator.docID();
    hasValue = current == doc;
    return hasValue;
  }

  @Override
  public boolean hasValue() {
    return hasValue;
  }

  @Override
  public void write(XContentBuilder builder) throws IOException {
    if (hasValue) {
      builder.array(leafName, values.vectorValue(iterator.index()));
    }
  }

  /** A copy of the current vector. */
  List<Float> vector() throws IOException {
    float[] vector = values.vectorValue(iterator.index());
    List<Float> copy = new ArrayList<>(vector.length);
    for (float component : vector) {
      copy.add(component);
    }
    return copy;
  }

  /** The current vector as big-endian floats in base64. */
  String base64() throws IOException {
    float[] vector = values.vectorValue(iterator.index());
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  @Override
  public String fieldName() {
    return fullName;
  }
}
