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
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.tests.util.TestUtil;

/**
 * Indices that released versions have written are read, searched and merged by this one. A release
 * that changes the format adds its own: {@link #main} writes them.
 */
public class GoldenFilesTests extends MatryoshkaTestCase {

  private static final List<String> RELEASES = List.of("9.5.3.0", "9.5.3.1", "9.5.3.2", "9.5.3.3");
  private static final int DIMS = 64;
  private static final int COUNT = 1100;

  /** Targets that are searched for. */
  private static final int TARGETS = 5;

  private static final VectorSimilarityFunction SIMILARITY = VectorSimilarityFunction.EUCLIDEAN;

  private static CodecOptions options(VectorElement element) {
    return new CodecOptions(element, RotationKind.ITQ, List.of(64), List.of(64));
  }

  /** Few different values, exact in every element, for small files. */
  private static float[] vector(int document) {
    float[] vector = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      int mixed = (document * 31 + d * 17 + document / 7 * d) % 23;
      vector[d] = mixed % 5 - 2 + (d < 8 ? document % 4 : 0);
    }
    return vector;
  }

  private static IndexWriterConfig config(VectorElement element) {
    KnnVectorsFormat format = new MatryoshkaVectorsFormat(options(element));
    IndexWriterConfig config = new IndexWriterConfig();
    config.setMergeScheduler(new SerialMergeScheduler());
    config.setUseCompoundFile(false);
    config.getMergePolicy().setNoCFSRatio(0);
    return config.setCodec(
        new Lucene104Codec() {
          @Override
          public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
            return format;
          }
        });
  }

  /**
   * Writes the files of the current version.
   *
   * @param args the directory to write to
   */
  public static void main(String[] args) throws IOException {
    String release = RELEASES.getLast();
    for (VectorElement element : VectorElement.values()) {
      Path directory = Files.createTempDirectory("golden");
      try (Directory index = FSDirectory.open(directory);
          IndexWriter writer = new IndexWriter(index, config(element))) {
        for (int i = 0; i < COUNT; i++) {
          Document document = new Document();
          document.add(new KnnFloatVectorField(CodedIndex.FIELD, vector(i), SIMILARITY));
          writer.addDocument(document);
          if (i == COUNT / 2) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
      }
      Path zip = Path.of(args[0]).resolve(release + "-" + element.label() + ".zip");
      try (OutputStream out = Files.newOutputStream(zip);
          ZipOutputStream files = new ZipOutputStream(out);
          Directory index = FSDirectory.open(directory)) {
        for (String name : index.listAll()) {
          if (name.equals(IndexWriter.WRITE_LOCK_NAME) == false) {
            files.putNextEntry(new ZipEntry(name));
            files.write(Files.readAllBytes(directory.resolve(name)));
          }
        }
      }
    }
  }

  private interface Check {
    void accept(Directory index, VectorElement element) throws IOException;
  }

  private void forEachRelease(Check check) throws IOException {
    for (String release : RELEASES) {
      for (VectorElement element : VectorElement.values()) {
        Path directory = createTempDir();
        String name = release + "-" + element.label() + ".zip";
        try (InputStream in = getClass().getResourceAsStream("/golden/" + name);
            ZipInputStream files = new ZipInputStream(in)) {
          for (ZipEntry entry = files.getNextEntry(); entry != null; entry = files.getNextEntry()) {
            Files.write(directory.resolve(entry.getName()), files.readAllBytes());
          }
        }
        try (Directory index = FSDirectory.open(directory)) {
          check.accept(index, element);
        }
      }
    }
  }

  public void testRead() throws IOException {
    forEachRelease(
        (index, element) -> {
          TestUtil.checkIndex(index);
          try (DirectoryReader reader = DirectoryReader.open(index)) {
            LeafReader leaf = getOnlyLeafReader(reader);
            assertEquals(COUNT, leaf.maxDoc());
            checkAll(leaf, element);
          }
        });
  }

  public void testMergeWithNewDocuments() throws IOException {
    forEachRelease(
        (index, element) -> {
          try (IndexWriter writer = new IndexWriter(index, config(element))) {
            for (int i = COUNT; i < COUNT + 50; i++) {
              Document document = new Document();
              document.add(new KnnFloatVectorField(CodedIndex.FIELD, vector(i), SIMILARITY));
              writer.addDocument(document);
            }
            writer.forceMerge(1);
          }
          try (DirectoryReader reader = DirectoryReader.open(index)) {
            LeafReader leaf = getOnlyLeafReader(reader);
            assertEquals(COUNT + 50, leaf.maxDoc());
            checkAll(leaf, element);
          }
        });
  }

  private static void checkAll(LeafReader leaf, VectorElement element) throws IOException {
    leaf.checkIntegrity();
    MatryoshkaVectorsReader reader = CodedIndex.reader(leaf, CodedIndex.FIELD);
    assertEquals(element, reader.element(CodedIndex.FIELD));
    FloatVectorValues values = leaf.getFloatVectorValues(CodedIndex.FIELD);
    for (int i = 0; i < leaf.maxDoc(); i++) {
      assertArrayEquals(vector(i), values.vectorValue(i), 0);
    }
    CodeChecks.check(leaf, CodedIndex.FIELD);
    int kept = 0;
    for (int round = 0; round < TARGETS; round++) {
      float[] target = vector(round * 211 % COUNT);
      float[] scores = new float[leaf.maxDoc()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = SIMILARITY.compare(target, vector(i));
      }
      checkSearch(leaf, target, scores);
      kept += checkBounds(reader.bounds(CodedIndex.FIELD), target, scores);
    }
    // One target in a hundred has so many neighbours at one distance that nothing is ruled out.
    assertTrue(kept + " are left", kept < TARGETS * leaf.maxDoc() / 2);
  }

  private static void checkSearch(LeafReader leaf, float[] target, float[] scores)
      throws IOException {
    TopKnnCollector collector = new TopKnnCollector(10, Integer.MAX_VALUE);
    leaf.searchNearestVectors(
        CodedIndex.FIELD, target, collector, AcceptDocs.fromLiveDocs(null, leaf.maxDoc()));
    ScoreDoc[] hits = collector.topDocs().scoreDocs;
    assertEquals(10, hits.length);
    for (ScoreDoc hit : hits) {
      assertEquals(scores[hit.doc], hit.score, 1e-5f);
    }
    float best = 0;
    for (float score : scores) {
      best = Math.max(best, score);
    }
    assertEquals(best, hits[0].score, 1e-5f);
  }

  /** How many are not ruled out. */
  private static int checkBounds(SegmentBounds bounds, float[] target, float[] scores)
      throws IOException {
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    float least = sorted[sorted.length - 20];
    BoundScan scan = new BoundScan(bounds, target, least);
    int[] ords = new int[BoundScan.BLOCK];
    int kept = 0;
    for (int first = 0; first < scores.length; first += BoundScan.BLOCK) {
      int count = Math.min(BoundScan.BLOCK, scores.length - first);
      for (int i = 0; i < count; i++) {
        ords[i] = first + i;
      }
      int left = scan.ruleOut(first, ords, count, null, false);
      kept += left;
      int[] candidates = Arrays.copyOf(ords, left);
      for (int i = first; i < first + count; i++) {
        assertTrue("ruled out " + i, scores[i] < least || Arrays.binarySearch(candidates, i) >= 0);
      }
    }
    return kept;
  }
}
