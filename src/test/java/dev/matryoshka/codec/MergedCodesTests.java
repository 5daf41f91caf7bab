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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.store.Directory;
import org.junit.Before;

/** Which rotation a merge takes, and that codes and vectors come out of it as they must. */
public class MergedCodesTests extends MatryoshkaTestCase {

  private static final int DIMS = 130;
  private static final CodecOptions RANDOM = CodedIndex.options(RotationKind.RANDOM, 64, 128);

  private VectorSimilarityFunction similarity;

  /** The vectors of all documents that are not deleted. */
  private final Map<Integer, float[]> expected = new HashMap<>();

  private int nextId;
  private int step = 1;

  @Before
  public void chooseSimilarity() {
    similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
  }

  /** Writes one segment. */
  private void addSegment(IndexWriter writer, int count, double density) throws IOException {
    for (int vectors = 0; vectors < count; ) {
      float[] vector = null;
      // Descending, so that an index sort turns everything around.
      int id = 1_000_000 - nextId;
      nextId += step;
      if (random().nextDouble() < density) {
        vector = CodedIndex.vector(random(), DIMS);
        expected.put(id, vector);
        vectors++;
      }
      writer.addDocument(CodedIndex.document(id, vector, similarity));
    }
    writer.flush();
  }

  private void delete(IndexWriter writer, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      writer.deleteDocuments(new Term("key", "" + (1_000_000 - i)));
      expected.remove(1_000_000 - i);
    }
  }

  private static List<RotationId> rotations(IndexWriter writer) throws IOException {
    List<RotationId> rotations = new ArrayList<>();
    try (DirectoryReader reader = DirectoryReader.open(writer)) {
      for (LeafReaderContext leaf : reader.leaves()) {
        SegmentCodes codes = CodedIndex.codes(leaf.reader());
        rotations.add(codes == null ? null : codes.rotationId());
      }
    }
    return rotations;
  }

  /** Merges everything and checks the outcome; returns its rotation, null when it has no codes. */
  private RotationId merge(IndexWriter writer) throws IOException {
    writer.forceMerge(1);
    try (DirectoryReader reader = DirectoryReader.open(writer)) {
      LeafReader leaf = getOnlyLeafReader(reader);
      leaf.checkIntegrity();
      checkVectors(leaf);
      SegmentCodes codes = CodedIndex.codes(leaf);
      if (codes != null) {
        CodeChecks.check(leaf, CodedIndex.FIELD);
      }
      return codes == null ? null : codes.rotationId();
    }
  }

  private void checkVectors(LeafReader leaf) throws IOException {
    FloatVectorValues values = leaf.getFloatVectorValues(CodedIndex.FIELD);
    assertEquals(expected.size(), values.size());
    var ids = leaf.getNumericDocValues("id");
    KnnVectorValues.DocIndexIterator iterator = values.iterator();
    for (int doc = iterator.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = iterator.nextDoc()) {
      assertTrue(ids.advanceExact(doc));
      float[] vector = expected.get((int) ids.longValue());
      assertArrayEquals(vector, values.vectorValue(iterator.index()), 0f);
    }
  }

  /** With a writer of its own, which has no rotation to inherit. */
  private void addSegmentApart(Directory directory, int count) throws IOException {
    try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(RANDOM))) {
      addSegment(writer, count, random().nextBoolean() ? 1 : 0.8);
    }
  }

  public void testTheRotationOfMostVectorsIsInherited() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegmentApart(directory, 1024);
      addSegmentApart(directory, 1700);
      addSegmentApart(directory, 300);
      addSegmentApart(directory, 1100);
      try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(RANDOM))) {
        List<RotationId> before = rotations(writer);
        assertNull(before.get(2));
        assertEquals(4, Set.copyOf(before.stream().map(String::valueOf).toList()).size());
        assertEquals(before.get(1), merge(writer));
      }
    }
  }

  public void testOnlyWhatSurvivesCounts() throws IOException {
    try (Directory directory = newDirectory()) {
      addSegmentApart(directory, 3000);
      addSegmentApart(directory, 1100);
      try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(RANDOM))) {
        List<RotationId> before = rotations(writer);
        delete(writer, 0, 2900);
        assertEquals(before.get(1), merge(writer));
      }
    }
  }

  public void testTooFewSurvivors() throws IOException {
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, CodedIndex.config(RANDOM))) {
      addSegment(writer, 1100, 1);
      addSegment(writer, 1100, 0.5);
      delete(writer, 100, nextId - 500);
      assertNull(merge(writer));
      // And back: uncoded segments become large enough together.
      addSegment(writer, 1000, 1);
      assertNotNull(merge(writer));
    }
  }

  public void testNobodySurvives() throws IOException {
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, CodedIndex.config(RANDOM))) {
      addSegment(writer, 1100, 1);
      delete(writer, 0, nextId);
      writer.addDocument(CodedIndex.document(5, null, similarity));
      writer.forceMerge(1);
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        assertEquals(1, reader.maxDoc());
        FloatVectorValues values = getOnlyLeafReader(reader).getFloatVectorValues("v");
        assertTrue(values == null || values.size() == 0);
      }
    }
  }

  public void testLearnedRotationsComeFromMerges() throws IOException {
    CodecOptions learned = CodedIndex.options(RotationKind.PCA_RANDOM, 64, 128);
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, CodedIndex.config(learned))) {
      addSegment(writer, 1500, random().nextBoolean() ? 1 : 0.6);
      addSegment(writer, 700, 1);
      assertEquals(Arrays.asList(null, null), rotations(writer));
      RotationId trained = merge(writer);
      assertNotNull(trained);
      addSegment(writer, 1500, 1);
      assertEquals("inherited", trained, merge(writer));
      delete(writer, 0, 1000);
      addSegment(writer, 8000, 0.9);
      assertNotEquals("trained again", trained, merge(writer));
    }
  }

  public void testEqualSegmentsHaveEqualRotations() throws IOException {
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, CodedIndex.config(RANDOM))) {
      float[][] vectors = new float[1100][];
      for (int i = 0; i < vectors.length; i++) {
        vectors[i] = CodedIndex.vector(random(), DIMS);
      }
      for (int segment = 0; segment < 3; segment++) {
        for (float[] vector : vectors) {
          int id = nextId++;
          expected.put(id, vector);
          writer.addDocument(CodedIndex.document(id, vector, similarity));
        }
        writer.flush();
      }
      List<RotationId> before = rotations(writer);
      assertEquals(before.get(0), before.get(1));
      assertEquals(before.get(0), merge(writer));
    }
  }

  public void testIndexSort() throws IOException {
    IndexWriterConfig config =
        CodedIndex.config(RANDOM).setIndexSort(new Sort(new SortField("id", SortField.Type.LONG)));
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, config)) {
      // Two segments whose documents interleave.
      step = 2;
      addSegment(writer, 1600, 0.7);
      nextId = 1;
      addSegment(writer, 1100, 1);
      RotationId first = rotations(writer).get(0);
      assertEquals(first, merge(writer));
    }
  }

  public void testRandomHistories() throws IOException {
    for (int iteration = 0; iteration < 3; iteration++) {
      expected.clear();
      similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
      RotationKind kind = RandomPicks.randomFrom(random(), RotationKind.values());
      IndexWriterConfig config = CodedIndex.config(CodedIndex.options(kind, 64));
      if (random().nextBoolean()) {
        config.setIndexSort(new Sort(new SortField("id", SortField.Type.LONG)));
      }
      try (Directory directory = newDirectory();
          IndexWriter writer = new IndexWriter(directory, config)) {
        for (int segment = 0; segment < 5; segment++) {
          int from = nextId;
          int count = random().nextBoolean() ? 1 + random().nextInt(300) : 1024;
          addSegment(writer, count, random().nextBoolean() ? 1 : 0.9);
          // Something is left, or there might be nothing to merge.
          int gone = from + random().nextInt(nextId - from);
          delete(writer, from, random().nextInt(3) == 0 ? gone : from);
          if (random().nextInt(3) == 0) {
            merge(writer);
          }
        }
        RotationId merged = merge(writer);
        assertEquals(expected.size() >= 1024, merged != null);
      }
    }
  }
}
