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
import java.util.List;
import org.apache.lucene.codecs.hnsw.FlatFieldVectorsWriter;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocsWithFieldSet;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.store.Directory;

/** Codes made before the flush: when they are made, and that they are what a flush would make. */
public class ArrivingVectorsTests extends MatryoshkaTestCase {

  private static final int DIMS = 70;
  private static final int ENOUGH = MatryoshkaVectorsFormat.MIN_CODED_VECTORS;

  /** Vectors on the heap. */
  private static final class Vectors extends FlatFieldVectorsWriter<float[]> {
    final List<float[]> all = new ArrayList<>();

    @Override
    public void addValue(int doc, float[] vector) {
      all.add(vector.clone());
    }

    @Override
    public float[] copyValue(float[] vector) {
      return vector.clone();
    }

    @Override
    public List<float[]> getVectors() {
      return all;
    }

    @Override
    public DocsWithFieldSet getDocsWithFieldSet() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void finish() {}

    @Override
    public boolean isFinished() {
      return false;
    }

    @Override
    public long ramBytesUsed() {
      return 0;
    }
  }

  private static IndexWriterConfig config(VectorElement element, RotationKind kind) {
    return CodedIndex.config(new CodecOptions(element, kind, List.of(64)));
  }

  private static void addSegment(IndexWriter writer, int count, VectorSimilarityFunction similarity)
      throws IOException {
    double density = random().nextBoolean() ? 1 : 0.8;
    for (int id = 0, vectors = 0; vectors < count; id++) {
      float[] vector = random().nextDouble() < density ? CodedIndex.vector(random(), DIMS) : null;
      vectors += vector == null ? 0 : 1;
      // Descending, so that an index sort turns everything around.
      writer.addDocument(CodedIndex.document(-id, vector, similarity));
    }
    writer.flush();
  }

  /** A field of a segment that was written elsewhere, and its rotation. */
  private record Origin(FieldInfo field, KnownRotation rotation) {}

  private static Origin origin() throws IOException {
    try (Directory directory = newDirectory();
        IndexWriter writer =
            new IndexWriter(directory, config(VectorElement.FLOAT, RotationKind.RANDOM))) {
      addSegment(writer, ENOUGH, VectorSimilarityFunction.COSINE);
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        LeafReader leaf = getOnlyLeafReader(reader);
        return new Origin(
            leaf.getFieldInfos().fieldInfo(CodedIndex.FIELD),
            KnownRotation.of(CodedIndex.codes(leaf)));
      }
    }
  }

  public void testCodesAreThoseOfTheVectors() throws IOException {
    VectorSimilarityFunction similarity =
        RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    IndexWriterConfig config =
        config(
            RandomPicks.randomFrom(random(), VectorElement.values()),
            RandomPicks.randomFrom(
                random(), new RotationKind[] {RotationKind.RANDOM, RotationKind.NONE}));
    if (random().nextBoolean()) {
      config.setIndexSort(new Sort(new SortField("id", SortField.Type.LONG)));
    }
    int block = MatryoshkaVectorsFormat.BLOCK;
    int[] counts = {
      ENOUGH, ENOUGH + 1, 3 * block - 1, 3 * block, ENOUGH + random().nextInt(3 * block), ENOUGH - 1
    };
    try (Directory directory = newDirectory();
        IndexWriter writer = new IndexWriter(directory, config)) {
      for (int count : counts) {
        addSegment(writer, count, similarity);
      }
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        RotationId first = CodedIndex.codes(reader.leaves().getFirst().reader()).rotationId();
        for (LeafReaderContext leaf : reader.leaves()) {
          boolean coded = counts[leaf.ord] >= ENOUGH;
          assertEquals(coded, CodedIndex.codes(leaf.reader()) != null);
          if (coded) {
            assertEquals(first, CodedIndex.codes(leaf.reader()).rotationId());
            CodeChecks.check(leaf.reader(), CodedIndex.FIELD);
          }
        }
      }
    }
  }

  public void testOnlyWhatWillHaveCodesIsEncoded() throws IOException {
    Origin origin = origin();
    ArrivingVectors arriving =
        new ArrivingVectors(origin.field, new Vectors(), () -> origin.rotation);
    for (int i = 0; i < ENOUGH - 1; i++) {
      arriving.addValue(i, CodedIndex.vector(random(), DIMS));
    }
    assertNull(arriving.rotation());
    assertEquals(0, arriving.bytesOfCodes());
    assertFalse(arriving.encodedUnder(origin.rotation.id()));
    arriving.addValue(ENOUGH, CodedIndex.vector(random(), DIMS));
    assertEquals(origin.rotation, arriving.rotation());
    long codes = (long) ENOUGH * (Long.BYTES + 3 * Float.BYTES);
    assertTrue(arriving.bytesOfCodes() > codes);
    assertTrue(arriving.encodedUnder(origin.rotation.id()));
    assertFalse(arriving.encodedUnder(new RotationId(1, 2)));
  }

  /** Another segment learns it while this one fills. */
  public void testRotationThatBecomesKnownLater() throws IOException {
    Origin origin = origin();
    KnownRotation[] known = new KnownRotation[1];
    ArrivingVectors arriving = new ArrivingVectors(origin.field, new Vectors(), () -> known[0]);
    for (int i = 0; i < 2 * ENOUGH - 1; i++) {
      arriving.addValue(i, CodedIndex.vector(random(), DIMS));
    }
    assertNull(arriving.rotation());
    known[0] = origin.rotation;
    arriving.addValue(2 * ENOUGH, CodedIndex.vector(random(), DIMS));
    assertTrue(arriving.encodedUnder(origin.rotation.id()));
  }
}
