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

import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.List;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FilterLeafReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SlowCodecReaderWrapper;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.store.Directory;
import org.apache.lucene.tests.util.TestUtil;

/** Segments written under other options, or by another format, are read and merged all the same. */
public class ChangedOptionsTests extends MatryoshkaTestCase {

  private static final int DIMS = 128;
  private static final int COUNT = 1030;
  private static final VectorSimilarityFunction SIMILARITY = VectorSimilarityFunction.COSINE;

  private final float[][] vectors = new float[20 * COUNT][];
  private int next;

  private void addSegment(Directory directory, IndexWriterConfig config) throws IOException {
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < COUNT; i++) {
        vectors[next] = CodedIndex.vector(random(), DIMS);
        writer.addDocument(CodedIndex.document(next, vectors[next], SIMILARITY));
        next++;
      }
    }
  }

  private static CodecOptions bfloat16(RotationKind kind, Integer... levels) {
    return new CodecOptions(VectorElement.BFLOAT16, kind, List.of(levels));
  }

  private static IndexWriterConfig foreign() {
    return new IndexWriterConfig().setCodec(TestUtil.getDefaultCodec()).setUseCompoundFile(false);
  }

  /**
   * Checks that all vectors are there, in the precision that some or all of them were stored in.
   */
  private void checkVectors(DirectoryReader reader, float tolerance) throws IOException {
    int found = 0;
    for (LeafReaderContext leaf : reader.leaves()) {
      FloatVectorValues values = leaf.reader().getFloatVectorValues(CodedIndex.FIELD);
      var ids = leaf.reader().getNumericDocValues("id");
      KnnVectorValues.DocIndexIterator iterator = values.iterator();
      for (int doc = iterator.nextDoc();
          doc != DocIdSetIterator.NO_MORE_DOCS;
          doc = iterator.nextDoc()) {
        assertTrue(ids.advanceExact(doc));
        float[] vector = vectors[(int) ids.longValue()];
        float[] read = values.vectorValue(iterator.index());
        for (int d = 0; d < DIMS; d++) {
          assertEquals(vector[d], read[d], tolerance * Math.abs(vector[d]));
        }
        found++;
      }
    }
    assertEquals(next, found);
  }

  private LeafReader merged(Directory directory, CodecOptions options, float tolerance, Check check)
      throws IOException {
    try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
      writer.forceMerge(1);
    }
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      LeafReader leaf = getOnlyLeafReader(reader);
      checkVectors(reader, tolerance);
      check.run(leaf);
      return leaf;
    }
  }

  private interface Check {
    void run(LeafReader leaf) throws IOException;
  }

  public void testOtherKindsAndLevelsAreTrainedAgain() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, CodedIndex.config(CodedIndex.options(RotationKind.RANDOM, 64)));
      addSegment(directory, CodedIndex.config(CodedIndex.options(RotationKind.RANDOM, 64, 128)));
      addSegment(directory, CodedIndex.config(CodedIndex.options(RotationKind.NONE, 128)));
      addSegment(directory, CodedIndex.config(CodedIndex.uncoded()));
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        assertEquals(4, reader.leaves().size());
        checkVectors(reader, 0);
        for (int i = 0; i < 3; i++) {
          CodeChecks.check(reader.leaves().get(i).reader(), CodedIndex.FIELD);
        }
        assertNull(CodedIndex.codes(reader.leaves().get(3).reader()));
      }
      merged(
          directory,
          CodedIndex.options(RotationKind.PCA_RANDOM, 64),
          0,
          leaf -> {
            CodeChecks.check(leaf, CodedIndex.FIELD);
            assertEquals(RotationKind.PCA_RANDOM, CodedIndex.codes(leaf).kind());
          });
    }
  }

  public void testCodesCanBeGivenUp() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, CodedIndex.config(CodedIndex.options(RotationKind.RANDOM, 64)));
      addSegment(directory, CodedIndex.config(CodedIndex.options(RotationKind.RANDOM, 64)));
      merged(directory, CodedIndex.uncoded(), 0, leaf -> assertNull(CodedIndex.codes(leaf)));
    }
  }

  public void testDefaultsFitTheDims() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegment(directory, CodedIndex.config(null));
      addSegment(directory, CodedIndex.config(null));
      merged(
          directory,
          null,
          0,
          leaf -> {
            CodeChecks.check(leaf, CodedIndex.FIELD);
            assertArrayEquals(new int[] {128}, CodedIndex.codes(leaf).levels());
          });
    }
  }

  public void testFloatAndBFloat16() throws IOException {
    CodecOptions floats = CodedIndex.options(RotationKind.RANDOM, 64);
    CodecOptions halves = bfloat16(RotationKind.RANDOM, 64);
    float tolerance = 1f / 256;
    for (CodecOptions last : new CodecOptions[] {floats, halves}) {
      next = 0;
      try (Directory directory = newDirectory()) {
        addSegment(directory, CodedIndex.config(floats));
        addSegment(directory, CodedIndex.config(halves));
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          checkVectors(reader, tolerance);
          // The codes of bfloat16 vectors are those of what is stored, not of what was indexed.
          for (LeafReaderContext leaf : reader.leaves()) {
            CodeChecks.check(leaf.reader(), CodedIndex.FIELD);
          }
        }
        merged(
            directory,
            last,
            tolerance,
            leaf -> {
              assertEquals(last.element(), CodedIndex.reader(leaf, "v").element("v"));
              assertEquals(2 * COUNT, CodedIndex.codes(leaf).size());
              leaf.checkIntegrity();
            });
      }
    }
  }

  public void testSegmentsOfAnotherFormat() throws IOException {
    for (boolean half : new boolean[] {false, true}) {
      next = 0;
      try (Directory directory = newDirectory()) {
        addSegment(directory, foreign());
        addSegment(directory, foreign());
        addSegment(directory, CodedIndex.config(CodedIndex.options(RotationKind.RANDOM, 64)));
        CodecOptions options =
            half ? bfloat16(RotationKind.RANDOM, 64) : CodedIndex.options(RotationKind.RANDOM, 64);
        merged(
            directory,
            options,
            half ? 1f / 256 : 0,
            leaf -> {
              assertEquals(3 * COUNT, CodedIndex.codes(leaf).size());
              if (half == false) {
                CodeChecks.check(leaf, CodedIndex.FIELD);
              }
            });
        // And away from ours again.
        try (IndexWriter writer =
            new IndexWriter(directory, foreign().setMergePolicy(newLogMergePolicy()))) {
          addSegmentTo(writer);
          writer.forceMerge(1);
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          checkVectors(reader, half ? 1f / 256 : 0);
        }
      }
    }
  }

  private void addSegmentTo(IndexWriter writer) throws IOException {
    vectors[next] = CodedIndex.vector(random(), DIMS);
    writer.addDocument(CodedIndex.document(next, vectors[next], SIMILARITY));
    next++;
  }

  public void testAddedReaders() throws IOException {
    CodecOptions options = CodedIndex.options(RotationKind.RANDOM, 64);
    try (Directory source = newDirectory();
        Directory directory = newDirectory()) {
      addSegment(source, CodedIndex.config(options));
      addSegment(source, CodedIndex.config(options));
      try (DirectoryReader reader = DirectoryReader.open(source);
          IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
        boolean wrapped = random().nextBoolean();
        CodecReader[] readers = new CodecReader[2];
        for (int i = 0; i < 2; i++) {
          LeafReader leaf = reader.leaves().get(i).reader();
          readers[i] = wrapped ? SlowCodecReaderWrapper.wrap(new Hidden(leaf)) : (CodecReader) leaf;
        }
        writer.addIndexes(readers);
      }
      merged(directory, options, 0, leaf -> CodeChecks.check(leaf, CodedIndex.FIELD));
    }
  }

  /** A reader that does not let its format be seen. */
  private static final class Hidden extends FilterLeafReader {
    Hidden(LeafReader in) {
      super(in);
    }

    @Override
    public CacheHelper getCoreCacheHelper() {
      return in.getCoreCacheHelper();
    }

    @Override
    public CacheHelper getReaderCacheHelper() {
      return in.getReaderCacheHelper();
    }
  }

  public void testTheFormatIsFoundByItsName() {
    assertTrue(
        KnnVectorsFormat.forName(MatryoshkaVectorsFormat.NAME) instanceof MatryoshkaVectorsFormat);
  }
}
