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
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.VectorScorer;

/** Float view of vectors stored as bfloat16. Not thread-safe: values share one array. */
final class BFloat16VectorValues extends FloatVectorValues {

  private final ByteVectorValues bytes;
  private final VectorSimilarityFunction similarity;
  private final float[] vector;
  private int current = -1;

  BFloat16VectorValues(ByteVectorValues bytes, VectorSimilarityFunction similarity) {
    this.bytes = bytes;
    this.similarity = similarity;
    this.vector = new float[bytes.dimension() / Short.BYTES];
  }

  @Override
  public float[] vectorValue(int ord) throws IOException {
    if (ord != current) {
      BFloat16.decode(bytes.vectorValue(ord), vector);
      current = ord;
    }
    return vector;
  }

  @Override
  public BFloat16VectorValues copy() throws IOException {
    return new BFloat16VectorValues(bytes.copy(), similarity);
  }

  @Override
  public VectorScorer scorer(float[] target) throws IOException {
    if (size() == 0) {
      return null;
    }
    BFloat16VectorValues values = copy();
    DocIndexIterator iterator = values.iterator();
    return new VectorScorer() {
      @Override
      public float score() throws IOException {
        return similarity.compare(target, values.vectorValue(iterator.index()));
      }

      @Override
      public DocIdSetIterator iterator() {
        return iterator;
      }
    };
  }

  @Override
  public int getVectorByteLength() {
    return bytes.getVectorByteLength();
  }

  @Override
  public int dimension() {
    return vector.length;
  }

  @Override
  public int size() {
    return bytes.size();
  }

  @Override
  public int ordToDoc(int ord) {
    return bytes.ordToDoc(ord);
  }

  @Override
  public DocIndexIterator iterator() {
    return bytes.iterator();
  }
}
