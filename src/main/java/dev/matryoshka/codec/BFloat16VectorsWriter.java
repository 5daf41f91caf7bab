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
import java.util.AbstractList;
import java.util.List;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.hnsw.DefaultFlatVectorScorer;
import org.apache.lucene.codecs.hnsw.FlatFieldVectorsWriter;
import org.apache.lucene.codecs.hnsw.FlatVectorsWriter;
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.DocsWithFieldSet;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.MergeState;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.Sorter;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.KnnCollector;

/** Writes float vectors as bfloat16 through Lucene's flat format for bytes. */
final class BFloat16VectorsWriter extends FlatVectorsWriter {

  private final FlatVectorsWriter bytes;

  BFloat16VectorsWriter(SegmentWriteState state) throws IOException {
    super(DefaultFlatVectorScorer.INSTANCE);
    this.bytes = MatryoshkaVectorsFormat.FLOAT_VECTORS.fieldsWriter(state);
  }

  @SuppressWarnings("unchecked")
  @Override
  public FlatFieldVectorsWriter<?> addField(FieldInfo field) throws IOException {
    FlatFieldVectorsWriter<?> writer = bytes.addField(BFloat16.asBytes(field));
    return new FieldWriter((FlatFieldVectorsWriter<byte[]>) writer, field.getVectorDimension());
  }

  @Override
  public void flush(int maxDoc, Sorter.DocMap sortMap) throws IOException {
    bytes.flush(maxDoc, sortMap);
  }

  @Override
  public void mergeOneFlatVectorField(FieldInfo field, MergeState mergeState) throws IOException {
    KnnVectorsReader[] readers = mergeState.knnVectorsReaders.clone();
    for (int i = 0; i < readers.length; i++) {
      readers[i] = readers[i] == null ? null : new BytesOfFloats(readers[i]);
    }
    MergeState asBytes =
        new MergeState(
            mergeState.docMaps,
            mergeState.segmentInfo,
            mergeState.mergeFieldInfos,
            mergeState.storedFieldsReaders,
            mergeState.termVectorsReaders,
            mergeState.normsProducers,
            mergeState.docValuesProducers,
            mergeState.fieldInfos,
            mergeState.liveDocs,
            mergeState.fieldsProducers,
            mergeState.pointsReaders,
            readers,
            mergeState.maxDocs,
            mergeState.infoStream,
            mergeState.intraMergeTaskExecutor,
            mergeState.needsIndexSort,
            mergeState.oneMerge);
    bytes.mergeOneFlatVectorField(BFloat16.asBytes(field), asBytes);
  }

  @Override
  public void finish() throws IOException {
    bytes.finish();
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }

  @Override
  public long ramBytesUsed() {
    return bytes.ramBytesUsed();
  }

  /** Rounds vectors as they are added, so that buffered vectors take two bytes a dimension. */
  private static final class FieldWriter extends FlatFieldVectorsWriter<float[]> {
    private final FlatFieldVectorsWriter<byte[]> bytes;
    private final int dims;
    private final byte[] scratch;

    FieldWriter(FlatFieldVectorsWriter<byte[]> bytes, int dims) {
      this.bytes = bytes;
      this.dims = dims;
      this.scratch = new byte[dims * Short.BYTES];
    }

    @Override
    public void addValue(int docId, float[] vector) throws IOException {
      BFloat16.encode(vector, scratch);
      bytes.addValue(docId, scratch);
    }

    @Override
    public float[] copyValue(float[] vector) {
      return vector.clone();
    }

    @Override
    public List<float[]> getVectors() {
      List<byte[]> encoded = bytes.getVectors();
      return new AbstractList<>() {
        @Override
        public float[] get(int index) {
          float[] vector = new float[dims];
          BFloat16.decode(encoded.get(index), vector);
          return vector;
        }

        @Override
        public int size() {
          return encoded.size();
        }
      };
    }

    @Override
    public DocsWithFieldSet getDocsWithFieldSet() {
      return bytes.getDocsWithFieldSet();
    }

    @Override
    public void finish() throws IOException {
      bytes.finish();
    }

    @Override
    public boolean isFinished() {
      return bytes.isFinished();
    }

    @Override
    public long ramBytesUsed() {
      return bytes.ramBytesUsed();
    }
  }

  /** A segment to be merged, whatever its format, with its float vectors encoded on the way. */
  private static final class BytesOfFloats extends KnnVectorsReader {
    private final KnnVectorsReader floats;

    BytesOfFloats(KnnVectorsReader floats) {
      this.floats = floats;
    }

    @Override
    public ByteVectorValues getByteVectorValues(String field) throws IOException {
      FloatVectorValues values = floats.getFloatVectorValues(field);
      return values == null ? null : new EncodedValues(values);
    }

    @Override
    public FloatVectorValues getFloatVectorValues(String field) throws IOException {
      return floats.getFloatVectorValues(field);
    }

    @Override
    public void checkIntegrity() throws IOException {
      floats.checkIntegrity();
    }

    @Override
    public void search(String field, float[] target, KnnCollector collector, AcceptDocs docs) {
      throw new UnsupportedOperationException("only merged");
    }

    @Override
    public void search(String field, byte[] target, KnnCollector collector, AcceptDocs docs) {
      throw new UnsupportedOperationException("only merged");
    }

    @Override
    public void close() {
      // The merge owns the reader.
    }
  }

  private static final class EncodedValues extends ByteVectorValues {
    private final FloatVectorValues floats;
    private final byte[] scratch;

    EncodedValues(FloatVectorValues floats) {
      this.floats = floats;
      this.scratch = new byte[floats.dimension() * Short.BYTES];
    }

    @Override
    public byte[] vectorValue(int ord) throws IOException {
      BFloat16.encode(floats.vectorValue(ord), scratch);
      return scratch;
    }

    @Override
    public ByteVectorValues copy() throws IOException {
      return new EncodedValues(floats.copy());
    }

    @Override
    public int dimension() {
      return scratch.length;
    }

    @Override
    public int size() {
      return floats.size();
    }

    @Override
    public int ordToDoc(int ord) {
      return floats.ordToDoc(ord);
    }

    @Override
    public DocIndexIterator iterator() {
      return floats.iterator();
    }
  }
}
