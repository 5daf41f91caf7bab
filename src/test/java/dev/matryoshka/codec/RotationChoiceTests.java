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
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.TrainingStats;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.tests.util.TestUtil;

/** When a flush or a merge keeps a rotation, and when it learns a new one. */
public class RotationChoiceTests extends MatryoshkaTestCase {

  private static final int DIMS = 96;
  private static final int RANK = 12;

  private Directory directory;
  private IndexWriter writer;

  @Override
  public void setUp() throws Exception {
    super.setUp();
    directory = new ByteBuffersDirectory();
    CodecOptions options = new CodecOptions(VectorElement.FLOAT, RotationKind.ITQ, List.of(64));
    writer =
        new IndexWriter(
            directory,
            new IndexWriterConfig()
                .setCodec(TestUtil.alwaysKnnVectorsFormat(new MatryoshkaVectorsFormat(options)))
                .setMergePolicy(new LogDocMergePolicy())
                .setRAMBufferSizeMB(256));
  }

  @Override
  public void tearDown() throws Exception {
    writer.close();
    directory.close();
    super.tearDown();
  }

  public void testInheritsWhileTheDataStaysTheSame() throws IOException {
    Axes axes = new Axes(random());
    SegmentCodes first = trained(axes, 2000);
    SegmentCodes second = mergedWith(axes, 1500);
    assertEquals(first.rotationId(), second.rotationId());
    assertEquals(first.stats(), second.stats());
    assertEquals(3500, second.size());
  }

  public void testRefitsWhenTheIndexHasGrown() throws IOException {
    Axes axes = new Axes(random());
    SegmentCodes first = trained(axes, 2000);
    assertEquals(first.rotationId(), mergedWith(axes, 1500).rotationId());
    assertEquals(first.rotationId(), mergedWith(axes, 3000).rotationId());
    SegmentCodes grown = mergedWith(axes, 1500);
    assertEquals(8000, grown.size());
    assertEquals(8000, grown.stats().sampleSize());
    assertNotEquals(first.rotationId(), grown.rotationId());
  }

  public void testRefitsWhenTheDataHasDriftedAway() throws IOException {
    SegmentCodes first = trained(new Axes(random()), 2000);
    SegmentCodes drifted = mergedWith(new Axes(random()), 1900);
    assertNotEquals(first.rotationId(), drifted.rotationId());
    assertEquals(3900, drifted.stats().sampleSize());
  }

  /** They have as much in common with their codes as others, but not with each other's. */
  public void testRefitsWhenDocumentsOfAnotherKindHaveCome() throws IOException {
    Axes axes = new Axes(random());
    SegmentCodes first = trained(axes, 2000);
    assertEquals(first.rotationId(), mergedWith(axes, 1000).rotationId());
    float[] apart = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      apart[d] = 40 * (float) random().nextGaussian();
    }
    SegmentCodes mixed = mergedWith(axes, 1000, i -> i % 20 == 0 ? apart : new float[DIMS]);
    assertNotEquals(first.rotationId(), mixed.rotationId());
    assertEquals(mixed.rotationId(), mergedWith(axes, 300, i -> apart).rotationId());
  }

  public void testFlushesInherit() throws IOException {
    Axes axes = new Axes(random());
    SegmentCodes first = trained(axes, 6000);
    // Enough for drift to be measured on many hundred: on fewer, chance may look like it.
    add(axes, 6000);
    add(new Axes(random()), MatryoshkaVectorsFormat.MIN_CODED_VECTORS);
    add(axes, MatryoshkaVectorsFormat.MIN_CODED_VECTORS - 1);
    try (DirectoryReader reader = DirectoryReader.open(writer)) {
      assertEquals(
          first.rotationId(), CodedIndex.codes(reader.leaves().get(1).reader()).rotationId());
      assertNull("drifted", CodedIndex.codes(reader.leaves().get(2).reader()));
      assertNull("tiny", CodedIndex.codes(reader.leaves().get(3).reader()));
    }
    writer.forceMerge(1);
  }

  public void testInheritsFromTheLesserHalf() throws IOException {
    Axes axes = new Axes(random());
    SegmentCodes first = trained(axes, 2000);
    assertEquals(first.rotationId(), mergedWith(axes, 2500).rotationId());
  }

  public void testForgetsWhatWasUsedLongAgo() {
    RecentRotations recent = new RecentRotations(2 * known(1).bytes());
    RecentRotations.Owner owner = new RecentRotations.Owner();
    recent.put(owner, "a", known(1));
    recent.put(owner, "b", known(2));
    recent.put(owner, "b", known(3));
    assertEquals(known(1), recent.get(owner, "a"));
    recent.put(owner, "c", known(4));
    assertNull(recent.get(owner, "b"));
    assertEquals(known(1), recent.get(owner, "a"));
    assertEquals(known(4), recent.get(owner, "c"));
    assertNull("another index", recent.get(new RecentRotations.Owner(), "a"));
  }

  /**
   * What a shard gives to the codec lives as long as its engine, not as long as what it learned.
   */
  public void testRemembersRotationsButNotWhoLearnedThem() throws Exception {
    RecentRotations recent = new RecentRotations();
    WeakReference<Object> shard = writtenBy(recent);
    for (int i = 0; i < 100 && shard.get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertNull(shard.get());
    Reference.reachabilityFence(recent);
  }

  /** Writes a segment on behalf of a shard of which only the rotation is to be left. */
  private static WeakReference<Object> writtenBy(RecentRotations recent) throws IOException {
    Object shard = new Object();
    int[] chosen = new int[1];
    CodecOptions options = new CodecOptions(VectorElement.FLOAT, RotationKind.NONE, List.of(64));
    MatryoshkaVectorsFormat format =
        new MatryoshkaVectorsFormat(
            options, recent, (what, nanos) -> chosen[shard == null ? 1 : 0]++);
    try (Directory directory = new ByteBuffersDirectory();
        IndexWriter writer =
            new IndexWriter(
                directory,
                new IndexWriterConfig().setCodec(TestUtil.alwaysKnnVectorsFormat(format)))) {
      Axes axes = new Axes(random());
      for (int i = 0; i < MatryoshkaVectorsFormat.MIN_CODED_VECTORS; i++) {
        Document document = new Document();
        document.add(
            new KnnFloatVectorField(
                "v", axes.vector(random()), VectorSimilarityFunction.EUCLIDEAN));
        writer.addDocument(document);
      }
      writer.commit();
    }
    assertEquals("rotations chosen", 1, chosen[0]);
    return new WeakReference<>(shard);
  }

  private static KnownRotation known(float mean) {
    float[] means = new float[64];
    means[0] = mean;
    TrainingStats stats = new TrainingStats(1, 1, List.of(1f));
    return KnownRotation.of(new Rotation(RotationKind.NONE, new int[] {64}, means, null, stats));
  }

  /** A distribution: random directions that hold most of the variance. */
  private record Axes(float[][] directions) {
    Axes(Random random) {
      this(new float[RANK][DIMS]);
      for (float[] direction : directions) {
        for (int d = 0; d < DIMS; d++) {
          direction[d] = (float) random.nextGaussian();
        }
      }
    }

    float[] vector(Random random) {
      float[] vector = new float[DIMS];
      for (float[] direction : directions) {
        float along = (float) random.nextGaussian();
        for (int d = 0; d < DIMS; d++) {
          vector[d] += along * direction[d];
        }
      }
      for (int d = 0; d < DIMS; d++) {
        vector[d] += 0.1f * (float) random.nextGaussian();
      }
      return vector;
    }
  }

  private void add(Axes axes, int count) throws IOException {
    add(axes, count, i -> new float[DIMS]);
  }

  private void add(Axes axes, int count, IntFunction<float[]> centres) throws IOException {
    for (int i = 0; i < count; i++) {
      float[] vector = axes.vector(random());
      float[] centre = centres.apply(i);
      for (int d = 0; d < DIMS; d++) {
        vector[d] += centre[d];
      }
      Document document = new Document();
      document.add(new KnnFloatVectorField("v", vector, VectorSimilarityFunction.COSINE));
      writer.addDocument(document);
    }
    writer.flush();
  }

  /** Two flushes, too small to be trained on, and their merge. */
  private SegmentCodes trained(Axes axes, int count) throws IOException {
    add(axes, count / 2);
    return mergedWith(axes, count - count / 2);
  }

  private SegmentCodes mergedWith(Axes axes, int count) throws IOException {
    return mergedWith(axes, count, i -> new float[DIMS]);
  }

  private SegmentCodes mergedWith(Axes axes, int count, IntFunction<float[]> centres)
      throws IOException {
    add(axes, count, centres);
    writer.forceMerge(1);
    try (DirectoryReader reader = DirectoryReader.open(writer)) {
      KnnVectorsReader vectors =
          ((CodecReader) reader.leaves().getFirst().reader()).getVectorReader();
      KnnVectorsReader field =
          ((PerFieldKnnVectorsFormat.FieldsReader) vectors).getFieldReader("v");
      return ((MatryoshkaVectorsReader) field).codes("v");
    }
  }
}
