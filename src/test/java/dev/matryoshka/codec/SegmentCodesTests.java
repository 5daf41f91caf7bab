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

import com.carrotsearch.randomizedtesting.generators.RandomPicks;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.store.Directory;

/** Codes that a flush writes. Closing the directory runs Lucene's CheckIndex on each index. */
public class SegmentCodesTests extends MatryoshkaTestCase {

  private static final int MINIMUM = MatryoshkaVectorsFormat.MIN_CODED_VECTORS;

  private interface Check {
    void run(LeafReader leaf) throws IOException;
  }

  /** Flushes one segment and checks it. */
  private static void flush(
      IndexWriterConfig config,
      int count,
      int dims,
      VectorSimilarityFunction similarity,
      double density,
      Check check)
      throws IOException {
    try (Directory directory = CodedIndex.directory();
        IndexWriter writer = new IndexWriter(directory, config)) {
      int vectors = 0;
      for (int i = 0; vectors < count; i++) {
        boolean has = random().nextDouble() < density;
        float[] vector = has ? CodedIndex.vector(random(), dims) : null;
        // Descending, so that an index sort turns everything around.
        writer.addDocument(CodedIndex.document(1_000_000 - i, vector, similarity));
        vectors += has ? 1 : 0;
      }
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        LeafReader leaf = getOnlyLeafReader(reader);
        assertEquals(count, leaf.getFloatVectorValues(CodedIndex.FIELD).size());
        leaf.checkIntegrity();
        check.run(leaf);
      }
    }
  }

  private static void check(LeafReader leaf) throws IOException {
    CodeChecks.check(leaf, CodedIndex.FIELD);
  }

  public void testEverySimilarityAndUntrainedKind() throws IOException {
    for (VectorSimilarityFunction similarity : VectorSimilarityFunction.values()) {
      for (RotationKind kind : new RotationKind[] {RotationKind.NONE, RotationKind.RANDOM}) {
        CodecOptions options = CodedIndex.options(kind, 64, 128);
        int count = MINIMUM + random().nextInt(300);
        flush(
            CodedIndex.config(options),
            count,
            128 + random().nextInt(10),
            similarity,
            1,
            leaf -> {
              check(leaf);
              SegmentCodes codes = CodedIndex.codes(leaf);
              assertEquals(kind, codes.kind());
              assertEquals(128, codes.bits());
              assertEquals(count, codes.stats().sampleSize());
              float alignment = codes.stats().alignment();
              assertTrue("" + alignment, alignment > 0.5 && alignment < 1);
            });
      }
    }
  }

  public void testLevels() throws IOException {
    Integer[][] all = {{64}, {256}, {64, 256}, {64, 128, 192}, {128, 256}};
    for (Integer[] levels : all) {
      CodecOptions options = CodedIndex.options(RotationKind.RANDOM, levels);
      int bits = levels[levels.length - 1];
      VectorSimilarityFunction similarity =
          RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
      flush(CodedIndex.config(options), MINIMUM + 1, bits, similarity, 1, SegmentCodesTests::check);
    }
  }

  public void testLastBlocks() throws IOException {
    CodecOptions options = CodedIndex.options(RotationKind.NONE, 64, 128);
    for (int count : new int[] {1024, 1025, 1535, 1536, 1537}) {
      flush(
          CodedIndex.config(options),
          count,
          128,
          VectorSimilarityFunction.EUCLIDEAN,
          1,
          leaf -> {
            check(leaf);
            CodeCursor cursor = CodedIndex.codes(leaf).cursor();
            assertEquals((count + 511) / 512, cursor.blocks());
            int last = count % 512 == 0 ? 512 : count % 512;
            assertEquals(last, cursor.count(cursor.blocks() - 1));
          });
    }
  }

  public void testIndexSort() throws IOException {
    IndexWriterConfig config =
        CodedIndex.config(CodedIndex.options(RotationKind.RANDOM, 64))
            .setIndexSort(new Sort(new SortField("id", SortField.Type.LONG)));
    flush(
        config,
        MINIMUM + 100,
        70,
        VectorSimilarityFunction.COSINE,
        random().nextBoolean() ? 1 : 0.7,
        leaf -> {
          var ids = leaf.getNumericDocValues("id");
          long previous = -1;
          while (ids.nextDoc() < leaf.maxDoc()) {
            assertTrue("the index is sorted", ids.longValue() > previous);
            previous = ids.longValue();
          }
          check(leaf);
        });
  }

  public void testSparseField() throws IOException {
    CodecOptions options = CodedIndex.options(RotationKind.RANDOM, 64);
    for (double density : new double[] {0.9, 0.2}) {
      VectorSimilarityFunction similarity =
          RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
      flush(
          CodedIndex.config(options),
          MINIMUM + 10,
          64,
          similarity,
          density,
          SegmentCodesTests::check);
    }
  }

  public void testZeroVectorsAndEqualVectors() throws IOException {
    for (RotationKind kind : new RotationKind[] {RotationKind.NONE, RotationKind.RANDOM}) {
      try (Directory directory = CodedIndex.directory();
          IndexWriter writer =
              new IndexWriter(directory, CodedIndex.config(CodedIndex.options(kind, 64)))) {
        boolean zeros = random().nextBoolean();
        for (int i = 0; i < MINIMUM; i++) {
          float[] vector = new float[64];
          if (zeros == false || i % 2 == 0) {
            Arrays.fill(vector, 0.25f);
          }
          writer.addDocument(CodedIndex.document(i, vector, VectorSimilarityFunction.EUCLIDEAN));
        }
        try (DirectoryReader reader = DirectoryReader.open(writer)) {
          check(getOnlyLeafReader(reader));
        }
      }
    }
  }

  public void testWhichSegmentsHaveCodes() throws IOException {
    var similarity = VectorSimilarityFunction.COSINE;
    CodecOptions random = CodedIndex.options(RotationKind.RANDOM, 64);
    flush(
        CodedIndex.config(random),
        MINIMUM - 1,
        64,
        similarity,
        1,
        leaf -> assertNull(CodedIndex.codes(leaf)));
    CodecOptions learned = CodedIndex.options(RotationKind.PCA_RANDOM, 64);
    flush(
        CodedIndex.config(learned),
        MatryoshkaVectorsFormat.MIN_TRAINED_FLUSH - 1,
        64,
        similarity,
        1,
        leaf -> assertNull(CodedIndex.codes(leaf)));
    flush(
        CodedIndex.config(learned),
        MatryoshkaVectorsFormat.MIN_TRAINED_FLUSH,
        64,
        similarity,
        1,
        leaf -> {
          check(leaf);
          assertEquals(RotationKind.PCA_RANDOM, CodedIndex.codes(leaf).kind());
        });
    flush(
        CodedIndex.config(CodedIndex.uncoded()),
        MINIMUM,
        64,
        similarity,
        1,
        leaf -> assertNull(CodedIndex.codes(leaf)));
  }

  public void testSeveralFields() throws IOException {
    CodecOptions options = CodedIndex.options(RotationKind.RANDOM, 64);
    try (Directory directory = CodedIndex.directory();
        IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
      for (int i = 0; i < 2000; i++) {
        Document document =
            CodedIndex.document(
                i, CodedIndex.vector(random(), 64), VectorSimilarityFunction.EUCLIDEAN);
        if (i < 1500) {
          float[] vector = CodedIndex.vector(random(), 100);
          document.add(new KnnFloatVectorField("w", vector, VectorSimilarityFunction.COSINE));
        }
        if (i < 100) {
          document.add(new KnnFloatVectorField("few", CodedIndex.vector(random(), 80)));
        }
        writer.addDocument(document);
      }
      for (boolean merged : new boolean[] {false, true}) {
        if (merged) {
          writer.commit();
          writer.addDocument(CodedIndex.document(-1, null, null));
          writer.forceMerge(1);
        }
        try (DirectoryReader reader = DirectoryReader.open(writer)) {
          LeafReader leaf = getOnlyLeafReader(reader);
          assertEquals(merged ? 2001 : 2000, leaf.maxDoc());
          CodeChecks.check(leaf, CodedIndex.FIELD);
          CodeChecks.check(leaf, "w");
          assertNull(CodedIndex.reader(leaf, "few").codes("few"));
          assertNull(CodedIndex.reader(leaf, "few").codes("absent"));
          assertEquals(VectorElement.FLOAT, CodedIndex.reader(leaf, "w").element("w"));
          assertNull(CodedIndex.reader(leaf, "w").element("absent"));
        }
      }
    }
  }

  public void testMostDimsAndLevels() throws IOException {
    int dims = MatryoshkaVectorsFormat.MAX_DIMS;
    Integer[] levels = new Integer[MatryoshkaVectorsFormat.MAX_LEVELS];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (i + 1) * 64;
    }
    CodecOptions options = CodedIndex.options(RotationKind.NONE, levels);
    flush(
        CodedIndex.config(options),
        MINIMUM,
        dims,
        VectorSimilarityFunction.DOT_PRODUCT,
        1,
        SegmentCodesTests::check);
    assertEquals(dims, new MatryoshkaVectorsFormat().getMaxDimensions("any"));
  }
}
