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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.tests.store.MockDirectoryWrapper;
import org.apache.lucene.util.Bits;

/**
 * A disk that fills up while vectors are added and merged, or fails now and then: what was
 * committed stays, to the last bit, no file is left open, and with room again all goes on.
 */
public class FullDiskTests extends MatryoshkaTestCase {

  private static final int DIMS = 64;
  private static final int SEGMENT = 1100;
  private static final int POINTS = 20;
  private static final int ROUNDS = 8;
  private static final double FAILING = 0.02;

  private final VectorSimilarityFunction similarity =
      VectorSimilarityFunction.values()[random().nextInt(VectorSimilarityFunction.values().length)];

  /** The same for all writers of a test, so that all of them need as many bytes. */
  private final boolean compound = random().nextBoolean();

  public void testFullAtAnyByte() throws IOException {
    CodecOptions options = options();
    try (Directory start = start(options)) {
      long needed;
      FullDisk roomy = new FullDisk(copy(start), Long.MAX_VALUE);
      try (MockDirectoryWrapper directory = watched(roomy)) {
        assertEquals(2, change(directory, options));
        needed = roomy.written();
      }
      assertTrue("merging writes everything again", needed > 3L * SEGMENT * DIMS * 2);
      int failures = 0;
      for (int point = 0; point < POINTS; point++) {
        long room = point == 0 ? needed - 1 : random().nextLong(needed);
        FullDisk disk = new FullDisk(copy(start), room);
        try (MockDirectoryWrapper directory = watched(disk)) {
          int commits = change(directory, options);
          failures += commits < 2 ? 1 : 0;
          disk.setLeft(Long.MAX_VALUE);
          assertRecovers(directory, options, commits);
        }
      }
      assertTrue("nearly all of them run out of room", failures > POINTS / 2);
    }
  }

  public void testWritesFailNowAndThen() throws IOException {
    CodecOptions options = options();
    try (Directory start = start(options)) {
      for (int round = 0; round < ROUNDS; round++) {
        try (MockDirectoryWrapper directory = watched(copy(start))) {
          directory.setRandomIOExceptionRate(FAILING);
          directory.setRandomIOExceptionRateOnOpen(FAILING);
          int commits = change(directory, options);
          directory.setRandomIOExceptionRate(0);
          directory.setRandomIOExceptionRateOnOpen(0);
          assertRecovers(directory, options, commits);
        }
      }
    }
  }

  private static CodecOptions options() {
    RotationKind kind = RotationKind.values()[random().nextInt(RotationKind.values().length)];
    VectorElement element = random().nextBoolean() ? VectorElement.FLOAT : VectorElement.BFLOAT16;
    List<Integer> bounds = random().nextBoolean() ? List.of(64) : List.of();
    return new CodecOptions(element, kind, List.of(64), bounds);
  }

  /** Closing it fails when files are left open, and checks the index. */
  private static MockDirectoryWrapper watched(Directory directory) {
    MockDirectoryWrapper watched = new MockDirectoryWrapper(random(), directory);
    watched.setThrottling(MockDirectoryWrapper.Throttling.NEVER);
    return watched;
  }

  private static Directory copy(Directory from) throws IOException {
    Directory copy = new ByteBuffersDirectory();
    for (String file : from.listAll()) {
      copy.copyFrom(from, file, file, IOContext.DEFAULT);
    }
    return copy;
  }

  private IndexWriterConfig config(CodecOptions options) {
    IndexWriterConfig config =
        CodedIndex.plainFiles(options)
            .setMergeScheduler(new SerialMergeScheduler())
            .setUseCompoundFile(compound);
    config.getMergePolicy().setNoCFSRatio(compound ? 1 : 0);
    return config;
  }

  /** The vector of a document: whole numbers, which every element holds to the last bit. */
  private static float[] vector(int id) {
    Random random = new Random(id);
    float[] vector = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      vector[d] = random.nextInt(1, 100);
    }
    return vector;
  }

  private void add(IndexWriter writer, int from) throws IOException {
    for (int id = from; id < from + SEGMENT; id++) {
      writer.addDocument(CodedIndex.document(id, vector(id), similarity));
    }
  }

  private Directory start(CodecOptions options) throws IOException {
    Directory start = new ByteBuffersDirectory();
    try (IndexWriter writer = new IndexWriter(start, config(options))) {
      add(writer, 0);
      writer.flush();
      add(writer, SEGMENT);
    }
    return start;
  }

  /** Whether a document is there after so many commits of {@link #change}. */
  private static boolean there(int id, int commits) {
    boolean added = id < (commits > 0 ? 3 : 2) * SEGMENT;
    boolean deleted = commits > 0 && id < 2 * SEGMENT && id % 7 == 0;
    return added && deleted == false;
  }

  /** Adds, deletes, commits, merges and commits; returns how many commits it came to. */
  private int change(Directory directory, CodecOptions options) {
    int commits = 0;
    IndexWriter writer = null;
    try {
      writer = new IndexWriter(directory, config(options));
      add(writer, 2 * SEGMENT);
      for (int id = 0; id < 2 * SEGMENT; id += 7) {
        writer.deleteDocuments(new Term("key", Integer.toString(id)));
      }
      writer.commit();
      commits++;
      writer.forceMerge(1);
      writer.commit();
      commits++;
      writer.close();
    } catch (IOException | AlreadyClosedException e) {
      rollback(writer);
    }
    return commits;
  }

  private static void rollback(IndexWriter writer) {
    if (writer != null) {
      try {
        writer.rollback();
      } catch (IOException e) {
        // The writer is closed all the same.
      }
    }
  }

  private void assertRecovers(MockDirectoryWrapper directory, CodecOptions options, int commits)
      throws IOException {
    // A commit that failed may have come to its end before.
    boolean further = documents(directory) != count(commits);
    assertCommitted(directory, commits + (further ? 1 : 0));
    try (IndexWriter writer = new IndexWriter(directory, config(options))) {
      writer.forceMerge(1);
    }
    assertCommitted(directory, commits + (further ? 1 : 0));
  }

  private static int documents(Directory directory) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      return reader.numDocs();
    }
  }

  private static int count(int commits) {
    int count = 0;
    for (int id = 0; id < 3 * SEGMENT; id++) {
      count += there(id, commits) ? 1 : 0;
    }
    return count;
  }

  private static void assertCommitted(Directory directory, int commits) throws IOException {
    Map<Integer, float[]> found = new HashMap<>();
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      for (LeafReaderContext leaf : reader.leaves()) {
        read(leaf, found);
      }
    }
    for (int id = 0; id < 3 * SEGMENT; id++) {
      float[] vector = found.remove(id);
      assertEquals("document " + id, there(id, commits), vector != null);
      if (vector != null) {
        assertArrayEquals("document " + id, vector(id), vector, 0f);
      }
    }
    assertTrue("documents nobody has added", found.isEmpty());
  }

  private static void read(LeafReaderContext leaf, Map<Integer, float[]> into) throws IOException {
    FloatVectorValues vectors = leaf.reader().getFloatVectorValues(CodedIndex.FIELD);
    NumericDocValues ids = leaf.reader().getNumericDocValues("id");
    Bits live = leaf.reader().getLiveDocs();
    KnnVectorValues.DocIndexIterator iterator = vectors.iterator();
    for (int doc = iterator.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = iterator.nextDoc()) {
      if (live == null || live.get(doc)) {
        assertTrue(ids.advanceExact(doc));
        into.put((int) ids.longValue(), vectors.vectorValue(iterator.index()).clone());
      }
    }
  }
}
