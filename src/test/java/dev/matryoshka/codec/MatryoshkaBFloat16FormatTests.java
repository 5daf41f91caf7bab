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

import dev.matryoshka.ElasticsearchLogging;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnByteVectorField;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.store.Directory;
import org.apache.lucene.tests.index.BaseKnnVectorsFormatTestCase;
import org.apache.lucene.tests.index.RandomIndexWriter;
import org.apache.lucene.tests.util.LuceneTestCase;
import org.apache.lucene.tests.util.TestUtil;
import org.apache.lucene.util.Bits;

/** Lucene's own suite for vector formats on bfloat16. */
@LuceneTestCase.SuppressSysoutChecks(bugUrl = "loading Elasticsearch's formats logs to the console")
public class MatryoshkaBFloat16FormatTests extends BaseKnnVectorsFormatTestCase {

  static {
    ElasticsearchLogging.configure();
  }

  @Override
  protected Codec getCodec() {
    return TestUtil.alwaysKnnVectorsFormat(
        new MatryoshkaVectorsFormat(
            new CodecOptions(VectorElement.BFLOAT16, RotationKind.PCA_RANDOM, List.of())));
  }

  @Override
  protected boolean supportsFloatVectorFallback() {
    return false;
  }

  /** Byte vectors have no upper half to keep. */
  @Override
  protected VectorEncoding randomVectorEncoding() {
    return VectorEncoding.FLOAT32;
  }

  // The original compares values with what was indexed, which is rounded here.
  @Override
  public void testRandom() throws Exception {
    checkRoundedValues(newIndexWriterConfig());
  }

  // The original compares values with what was indexed, which is rounded here.
  @Override
  public void testRandomWithUpdatesAndGraph() throws Exception {
    checkRoundedValues(
        newIndexWriterConfig().setIndexSort(new Sort(new SortField("id", SortField.Type.LONG))));
  }

  // The original compares sums of values, more closely than rounding allows.
  @Override
  public void testSparseVectors() throws Exception {
    checkRoundedValues(newIndexWriterConfig());
  }

  // The original compares sums of values, more closely than rounding allows.
  @Override
  public void testVectorValuesReportCorrectDocs() throws Exception {
    checkRoundedValues(newIndexWriterConfig().setMergePolicy(newLogMergePolicy()));
  }

  /** Indexes, updates, deletes, merges; what is left must be the rounded values exactly. */
  private static void checkRoundedValues(IndexWriterConfig config) throws IOException {
    int dims = 1 + random().nextInt(30);
    Map<Long, float[]> expected = new HashMap<>();
    try (Directory directory = newDirectory();
        RandomIndexWriter writer = new RandomIndexWriter(random(), directory, config)) {
      for (int i = 0; i < 400; i++) {
        long id = random().nextInt(300);
        Document document = new Document();
        document.add(new StringField("key", "" + id, Field.Store.NO));
        document.add(new NumericDocValuesField("id", id));
        expected.remove(id);
        if (random().nextInt(4) > 0) {
          float[] vector = randomVector(dims);
          document.add(new KnnFloatVectorField("v", vector));
          expected.put(id, vector);
        }
        writer.updateDocument(new Term("key", "" + id), document);
        if (random().nextInt(10) == 0) {
          long gone = random().nextInt(300);
          writer.deleteDocuments(new Term("key", "" + gone));
          expected.remove(gone);
        }
        if (random().nextInt(100) == 0) {
          writer.commit();
        }
      }
      if (random().nextBoolean()) {
        writer.forceMerge(1);
      }
      int found = 0;
      try (DirectoryReader reader = writer.getReader()) {
        for (LeafReaderContext leaf : reader.leaves()) {
          found += checkRoundedValues(leaf, expected);
        }
      }
      assertEquals(expected.size(), found);
    }
  }

  private static int checkRoundedValues(LeafReaderContext leaf, Map<Long, float[]> expected)
      throws IOException {
    FloatVectorValues values = leaf.reader().getFloatVectorValues("v");
    if (values == null) {
      return 0;
    }
    int found = 0;
    Bits live = leaf.reader().getLiveDocs();
    var ids = leaf.reader().getNumericDocValues("id");
    KnnVectorValues.DocIndexIterator iterator = values.iterator();
    for (int doc = iterator.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = iterator.nextDoc()) {
      assertEquals(doc, values.ordToDoc(iterator.index()));
      if (live == null || live.get(doc)) {
        assertTrue(ids.advanceExact(doc));
        float[] rounded = expected.get(ids.longValue()).clone();
        for (int d = 0; d < rounded.length; d++) {
          rounded[d] = BFloat16.round(rounded[d]);
        }
        assertArrayEquals(rounded, values.vectorValue(iterator.index()), 0f);
        found++;
      }
    }
    return found;
  }

  // The original expects four bytes for each buffered component; here it must be two.
  @Override
  public void testWriterRamEstimate() throws Exception {
    int dims = 64;
    int count = 100;
    try (Directory directory = newDirectory();
        IndexWriter writer =
            new IndexWriter(
                directory,
                newIndexWriterConfig().setMaxBufferedDocs(1000).setRAMBufferSizeMB(100))) {
      long before = writer.ramBytesUsed();
      for (int i = 0; i < count; i++) {
        Document document = new Document();
        document.add(new KnnFloatVectorField("v", randomVector(dims)));
        writer.addDocument(document);
      }
      long taken = writer.ramBytesUsed() - before;
      assertTrue("" + taken, taken >= (long) dims * count * Short.BYTES);
    }
  }

  /** Byte vectors are refused with the reason, not stored as something else. */
  private static void expectRefusal(ThrowingRunnable test) {
    IllegalArgumentException refusal = expectThrows(IllegalArgumentException.class, test);
    assertTrue(
        refusal.getMessage(),
        refusal.getMessage().endsWith("holds [BYTE] vectors and cannot be stored as [bfloat16]"));
  }

  @Override
  public void testRandomBytes() {
    expectRefusal(super::testRandomBytes);
  }

  @Override
  public void testSortedIndexBytes() {
    expectRefusal(super::testSortedIndexBytes);
  }

  @Override
  public void testEmptyByteVectorData() {
    expectRefusal(super::testEmptyByteVectorData);
  }

  @Override
  public void testByteVectorScorerIteration() {
    expectRefusal(super::testByteVectorScorerIteration);
  }

  @Override
  public void testMergingWithDifferentByteKnnFields() {
    expectRefusal(super::testMergingWithDifferentByteKnnFields);
  }

  // The originals would leave a directory open after the refusal.
  @Override
  public void testWriterByteVectorRamEstimate() {
    expectRefusal(MatryoshkaBFloat16FormatTests::addByteVector);
  }

  // The originals would leave a directory open after the refusal.
  @Override
  public void testMismatchedFields() {
    expectRefusal(MatryoshkaBFloat16FormatTests::addByteVector);
  }

  private static void addByteVector() throws IOException {
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, newIndexWriterConfig())) {
      Document document = new Document();
      document.add(new KnnByteVectorField("b", new byte[] {1, 2}));
      writer.addDocument(document);
    }
  }
}
