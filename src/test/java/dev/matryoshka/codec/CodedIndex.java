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

import com.carrotsearch.randomizedtesting.RandomizedContext;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.FilterLeafReader;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.tests.util.LuceneTestCase;
import org.apache.lucene.tests.util.TestUtil;

/** What tests of the format have in common: documents, writer configurations, readers. */
final class CodedIndex {

  static final String FIELD = "v";

  private CodedIndex() {}

  static CodecOptions options(RotationKind kind, Integer... levels) {
    return new CodecOptions(VectorElement.FLOAT, kind, Arrays.asList(levels));
  }

  static CodecOptions uncoded() {
    return new CodecOptions(VectorElement.FLOAT, RotationKind.NONE, List.of());
  }

  /** Mapped into memory as in production, or read in another way. */
  static Directory directory() throws IOException {
    return RandomizedContext.current().getRandom().nextBoolean()
        ? new MMapDirectory(LuceneTestCase.createTempDir())
        : LuceneTestCase.newDirectory();
  }

  /** Writes one segment for each flush that a test asks for, and merges only when asked. */
  static IndexWriterConfig config(CodecOptions options) {
    IndexWriterConfig config =
        new IndexWriterConfig()
            .setCodec(TestUtil.alwaysKnnVectorsFormat(new MatryoshkaVectorsFormat(options)))
            .setRAMBufferSizeMB(256)
            .setMergePolicy(LuceneTestCase.newLogMergePolicy(1000))
            .setUseCompoundFile(RandomizedContext.current().getRandom().nextBoolean());
    return config;
  }

  /** As {@link #config}, and merges leave plain files too. */
  static IndexWriterConfig plainFiles(CodecOptions options) {
    IndexWriterConfig config = config(options).setUseCompoundFile(false);
    config.getMergePolicy().setNoCFSRatio(0);
    return config;
  }

  /** Independent components around a common centre; for algebra, never for recall. */
  static float[] vector(Random random, int dims) {
    float[] vector = new float[dims];
    for (int d = 0; d < dims; d++) {
      vector[d] = (float) random.nextGaussian() + d % 3;
    }
    return vector;
  }

  static Document document(int id, float[] vector, VectorSimilarityFunction similarity) {
    Document document = new Document();
    document.add(new StringField("key", Integer.toString(id), Field.Store.NO));
    document.add(new NumericDocValuesField("id", id));
    if (vector != null) {
      document.add(new KnnFloatVectorField(FIELD, vector, similarity));
    }
    return document;
  }

  /** Our reader below whatever wraps the leaf. */
  static MatryoshkaVectorsReader reader(LeafReader leaf, String field) {
    KnnVectorsReader reader = ((CodecReader) FilterLeafReader.unwrap(leaf)).getVectorReader();
    if (reader instanceof PerFieldKnnVectorsFormat.FieldsReader perField) {
      reader = perField.getFieldReader(field);
    }
    return (MatryoshkaVectorsReader) reader;
  }

  static SegmentCodes codes(LeafReader leaf) {
    return reader(leaf, FIELD).codes(FIELD);
  }
}
