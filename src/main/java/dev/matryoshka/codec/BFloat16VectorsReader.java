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
package dev.matryoshka.codec;

import java.io.IOException;
import java.util.Map;
import org.apache.lucene.codecs.hnsw.DefaultFlatVectorScorer;
import org.apache.lucene.codecs.hnsw.FlatVectorsReader;
import org.apache.lucene.codecs.hnsw.FlatVectorsScorer;
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.util.hnsw.RandomVectorScorer;

/** Reads bfloat16 vectors as floats. Thread-safe; the values it hands out are not. */
final class BFloat16VectorsReader extends FlatVectorsReader {

  private final FlatVectorsReader bytes;
  private final FieldInfos fields;

  BFloat16VectorsReader(SegmentReadState state) throws IOException {
    this(
        MatryoshkaVectorsFormat.FLOAT_VECTORS.fieldsReader(
            new SegmentReadState(
                state.directory,
                state.segmentInfo,
                BFloat16.asBytes(state.fieldInfos),
                state.context,
                state.segmentSuffix)),
        state.fieldInfos);
  }

  private BFloat16VectorsReader(FlatVectorsReader bytes, FieldInfos fields) {
    this.bytes = bytes;
    this.fields = fields;
  }

  @Override
  public FloatVectorValues getFloatVectorValues(String field) throws IOException {
    return new BFloat16VectorValues(
        bytes.getByteVectorValues(field), fields.fieldInfo(field).getVectorSimilarityFunction());
  }

  @Override
  public ByteVectorValues getByteVectorValues(String field) {
    throw new IllegalArgumentException("field [" + field + "] holds float vectors");
  }

  @Override
  public FlatVectorsScorer getFlatVectorScorer(String field) {
    return DefaultFlatVectorScorer.INSTANCE;
  }

  @Override
  public RandomVectorScorer getRandomVectorScorer(String field, float[] target) throws IOException {
    return DefaultFlatVectorScorer.INSTANCE.getRandomVectorScorer(
        fields.fieldInfo(field).getVectorSimilarityFunction(), getFloatVectorValues(field), target);
  }

  @Override
  public RandomVectorScorer getRandomVectorScorer(String field, byte[] target) {
    throw new IllegalArgumentException("field [" + field + "] holds float vectors");
  }

  @Override
  public FlatVectorsReader getMergeInstance() throws IOException {
    return new BFloat16VectorsReader(bytes.getMergeInstance(), fields);
  }

  @Override
  public void finishMerge() throws IOException {
    bytes.finishMerge();
  }

  @Override
  public Map<String, Long> getOffHeapByteSize(FieldInfo field) {
    return bytes.getOffHeapByteSize(field);
  }

  @Override
  public void checkIntegrity() throws IOException {
    bytes.checkIntegrity();
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }

  @Override
  public long ramBytesUsed() {
    return bytes.ramBytesUsed();
  }
}
