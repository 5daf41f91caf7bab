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
import dev.matryoshka.binary.HammingKernels;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.Directory;

/** Calibrations against the same measured in the plainest way, over vectors of no meaning. */
public class CalibratorTests extends MatryoshkaTestCase {

  private static final int DIMS = 150;

  private VectorSimilarityFunction similarity;

  /** A merged segment, in whose writing some codes were copied and some made. */
  private void merged(Directory directory, CodecOptions options, int count) throws IOException {
    similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
      for (int i = 0; i < count; i++) {
        float[] vector = CodedIndex.vector(random(), DIMS);
        writer.addDocument(CodedIndex.document(i, vector, similarity));
        if (i == 2 * count / 3) {
          writer.flush();
        }
      }
      writer.forceMerge(1);
    }
  }

  private static CodecOptions options() {
    RotationKind kind =
        RandomPicks.randomFrom(
            random(), List.of(RotationKind.NONE, RotationKind.RANDOM, RotationKind.PCA_RANDOM));
    return random().nextBoolean()
        ? CodedIndex.options(kind, 128)
        : CodedIndex.options(kind, 64, 128);
  }

  public void testMeasuresWhatIsFound() throws IOException {
    try (Directory directory = CodedIndex.directory()) {
      merged(directory, options(), 1100 + random().nextInt(2000));
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        LeafReader leaf = getOnlyLeafReader(reader);
        SegmentCodes codes = CodedIndex.codes(leaf);
        FloatVectorValues values = leaf.getFloatVectorValues(CodedIndex.FIELD);
        int[] ords =
            random()
                .ints(0, codes.size())
                .distinct()
                .filter(ord -> clear(values, ord))
                .limit(5)
                .toArray();
        float[][] heldOut = new float[ords.length][];
        for (int i = 0; i < ords.length; i++) {
          float[] vector = values.vectorValue(ords[i]).clone();
          if (similarity == VectorSimilarityFunction.COSINE) {
            UnitLength.scale(vector, 0, DIMS);
          }
          heldOut[i] = vector;
        }
        Calibration measured = measure(codes, values, heldOut);
        assertEquals(ords.length, measured.queries());
        for (int h = 0; h < Calibration.HITS.size(); h++) {
          double[] byDistance = recalls(codes, values, ords, Calibration.HITS.get(h), false);
          double[] byEstimate = recalls(codes, values, ords, Calibration.HITS.get(h), true);
          for (int i = 0; i < Calibration.KEEPS; i++) {
            assertEquals(byDistance[i], measured.byDistance().get(h).get(i), 1e-6);
            // Estimates are counted in steps, of which the one at the cut may hold a few hits.
            double step = Math.max(0.05, 4.5 / (ords.length * Calibration.HITS.get(h)));
            assertEquals(byEstimate[i], measured.byEstimate().get(h).get(i), step);
          }
        }
      }
    }
  }

  /** Whether no rounding decides which documents are the best. */
  private boolean clear(FloatVectorValues values, int query) {
    try {
      float[] target = values.vectorValue(query).clone();
      float[] scores = new float[values.size()];
      for (int ord = 0; ord < scores.length; ord++) {
        scores[ord] = similarity.compare(target, values.vectorValue(ord));
      }
      // The query itself comes first, or, by inner product, anywhere.
      Arrays.sort(scores);
      for (int hits : Calibration.HITS) {
        for (int rank = hits - 1; rank <= hits; rank++) {
          float score = scores[scores.length - 1 - rank];
          if (score - scores[scores.length - 2 - rank] <= 1e-5f * score) {
            return false;
          }
        }
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Feeds a calibrator what a merge would. */
  private Calibration measure(SegmentCodes codes, FloatVectorValues values, float[][] heldOut)
      throws IOException {
    Calibrator calibrator = new Calibrator(codes.loadRotation(), similarity, heldOut);
    CodeCursor cursor = codes.cursor();
    int words = codes.bits() / Long.SIZE;
    int perVector = codes.levels().length + 2;
    long[] block = new long[MatryoshkaVectorsFormat.BLOCK * words];
    float[] corrections = new float[MatryoshkaVectorsFormat.BLOCK * perVector];
    for (int b = 0; b < cursor.blocks(); b++) {
      for (int i = 0; i < cursor.count(b); i++) {
        int ord = b * MatryoshkaVectorsFormat.BLOCK + i;
        calibrator.add(values.vectorValue(ord));
        cursor.readCode(ord, block, HammingKernels.index(i, 0, words), HammingKernels.GROUP);
        int at = HammingKernels.index(i, 0, perVector);
        cursor.readStored(ord, corrections, at, HammingKernels.GROUP);
      }
      calibrator.block(block, cursor.count(b), corrections);
    }
    return calibrator.finish();
  }

  private double[] recalls(
      SegmentCodes codes, FloatVectorValues values, int[] queries, int hits, boolean estimates)
      throws IOException {
    double[] recalls = new double[Calibration.KEEPS];
    CodeCursor cursor = codes.cursor();
    int last = codes.levels().length - 1;
    for (int query : queries) {
      float[] target = values.vectorValue(query).clone();
      QueryCode code = codes.encode(target);
      double[] exact = new double[codes.size()];
      double[] coarse = new double[codes.size()];
      long[] words = new long[codes.bits() / Long.SIZE];
      float[] corrections = new float[cursor.correctionsPerVector()];
      for (int ord = 0; ord < exact.length; ord++) {
        exact[ord] = similarity.compare(target, values.vectorValue(ord));
        cursor.readCode(ord, words, 0, 1);
        cursor.readCorrections(ord, corrections, 0, 1);
        coarse[ord] =
            estimates
                ? code.estimate(last, words, 0, corrections, 0)
                : -code.distance(last, words, 0);
      }
      int[] best =
          IntStream.range(0, exact.length)
              .filter(ord -> ord != query)
              .boxed()
              .sorted(Comparator.comparing((Integer ord) -> -exact[ord]))
              .mapToInt(Integer::intValue)
              .limit(hits)
              .toArray();
      for (int ord : best) {
        double own = coarse[ord];
        int better = 0;
        int equal = 0;
        for (int other = 0; other < coarse.length; other++) {
          better += other != query && coarse[other] > own ? 1 : 0;
          equal += other != query && coarse[other] == own ? 1 : 0;
        }
        for (int i = 0; i < recalls.length; i++) {
          boolean kept = better + (equal - 1) / 2 < (long) hits << i;
          recalls[i] += kept ? 1.0 / best.length / queries.length : 0;
        }
      }
    }
    return recalls;
  }

  public void testMergesCalibrateAndFlushesDoNot() throws IOException {
    CodecOptions options = options();
    try (Directory directory = CodedIndex.directory()) {
      merged(directory, options, 3100);
      try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
        int heldOut = onlyCalibration(writer).queries();
        boolean copied = heldOut == Calibrator.QUERIES_OF_COPIES;
        // Rotations that learn nothing are made by flushes, and then inherited.
        assertTrue(copied ? options.rotation().learned() == false : heldOut == Calibrator.QUERIES);
        for (int i = 0; i < 1024; i++) {
          float[] vector = CodedIndex.vector(random(), DIMS);
          writer.addDocument(CodedIndex.document(i, vector, similarity));
        }
        writer.flush();
        try (DirectoryReader reader = DirectoryReader.open(writer)) {
          SegmentCodes flushed = CodedIndex.codes(reader.leaves().getLast().reader());
          assertTrue(flushed == null || flushed.calibration() == null);
        }
        writer.forceMerge(1);
        Calibration last = onlyCalibration(writer);
        assertTrue("" + last, last.queries() >= Calibrator.QUERIES_OF_COPIES);
        for (List<Float> recalls : last.byDistance()) {
          assertEquals(recalls.stream().sorted().toList(), recalls);
        }
      }
    }
  }

  private static Calibration onlyCalibration(IndexWriter writer) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(writer)) {
      return CodedIndex.codes(getOnlyLeafReader(reader)).calibration();
    }
  }

  /** Equal vectors have equal scores, distances and estimates. */
  public void testEqualVectors() throws IOException {
    similarity = RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    float[] vector = CodedIndex.vector(random(), DIMS);
    CodecOptions options = CodedIndex.options(RotationKind.ITQ, 64);
    try (Directory directory = newDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
        for (int i = 0; i < 1100; i++) {
          writer.addDocument(CodedIndex.document(i, vector, similarity));
          if (i == 600) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
        Calibration calibration = onlyCalibration(writer);
        // Half of a place come first, so that so many or more have to be kept.
        assertEquals(0, calibration.byDistance(10, 320), 0);
        assertEquals(1, calibration.byDistance(10, 640), 0);
        assertEquals(calibration.byDistance(), calibration.byEstimate());
      }
    }
  }

  public void testInterpolates() {
    Float[] at10 = new Float[Calibration.KEEPS];
    Float[] at100 = new Float[Calibration.KEEPS];
    for (int i = 0; i < Calibration.KEEPS; i++) {
      at10[i] = 1 - 0.5f / (1 + i);
      at100[i] = 1 - 0.25f / (1 + i);
    }
    List<List<Float>> recalls = List.of(Arrays.asList(at10), Arrays.asList(at100));
    Calibration calibration = new Calibration(1, recalls, recalls);
    Calibration reversed = new Calibration(1, recalls.reversed(), recalls);
    for (int i = 0; i < Calibration.KEEPS; i++) {
      assertEquals(at10[i], calibration.byDistance(10, 10 << i), 1e-6);
      assertEquals(at100[i], calibration.byEstimate(100, 100 << i), 1e-6);
      // As wide a stage for each hit.
      assertEquals(2 * at10[i] - at100[i], calibration.byDistance(1, 1 << i), 1e-6);
      assertEquals(at100[i], reversed.byDistance(1, 1 << i), 1e-6);
      assertEquals(at100[i], calibration.byDistance(1000, 1000 << i), 1e-6);
    }
    assertEquals("half are not kept", at10[0] / 2, calibration.byDistance(10, 5), 1e-6);
    for (int i = 1; i < Calibration.KEEPS; i++) {
      assertEquals(10 << i, calibration.keepByDistance(10, at10[i]), 0.01 * (10 << i));
      double between = 0.5 * (at100[i - 1] + at100[i]);
      double keep = calibration.keepByEstimate(100, between);
      assertEquals(between, calibration.byEstimate(100, keep), 1e-6);
    }
    assertEquals(5, calibration.keepByDistance(10, at10[0] / 2), 1e-6);
    assertEquals(Double.POSITIVE_INFINITY, calibration.keepByDistance(10, 1), 0);
    assertEquals(0, calibration.byDistance(10, 0), 0);
    assertEquals(at10[Calibration.KEEPS - 1], calibration.byDistance(10, 1e9), 1e-6);
    double before = 0;
    int hits = 1 + random().nextInt(300);
    for (double keep = 1; keep < 1e6; keep *= 1.1) {
      double recall = calibration.byDistance(hits, keep);
      assertTrue(recall + " after " + before, recall >= before && recall <= 1);
      before = recall;
    }
  }
}
