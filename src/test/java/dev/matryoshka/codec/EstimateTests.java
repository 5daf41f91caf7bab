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

import static org.junit.Assume.assumeTrue;

import dev.matryoshka.Embeddings;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.Directory;

/** The asymmetric estimate on real embeddings: what it should be, right on average, and close. */
public class EstimateTests extends MatryoshkaTestCase {

  private static final int DOCUMENTS = 2500;
  private static final int QUERIES = 40;
  private static final int DIMS = 384;

  public void testCosine() throws IOException {
    check(VectorSimilarityFunction.COSINE);
  }

  public void testDotProduct() throws IOException {
    check(VectorSimilarityFunction.DOT_PRODUCT);
  }

  public void testMaximumInnerProduct() throws IOException {
    check(VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT);
  }

  public void testEuclidean() throws IOException {
    check(VectorSimilarityFunction.EUCLIDEAN);
  }

  /** A few vectors that are many times as long as others leave corrections as floats. */
  public void testLengthsFarApart() throws IOException {
    for (VectorSimilarityFunction similarity : VectorSimilarityFunction.values()) {
      boolean directions = similarity == VectorSimilarityFunction.COSINE;
      try (Directory directory = CodedIndex.directory()) {
        CodecOptions options = CodedIndex.options(RotationKind.RANDOM, 64);
        try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
          for (int i = 0; i < DOCUMENTS; i++) {
            float[] vector = CodedIndex.vector(random(), 100);
            float length = (float) Math.exp(3 * random().nextGaussian());
            for (int d = 0; d < vector.length; d++) {
              vector[d] *= length;
            }
            writer.addDocument(CodedIndex.document(i, vector, similarity));
          }
          writer.forceMerge(1);
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          SegmentCodes codes = CodedIndex.codes(getOnlyLeafReader(reader));
          int grouped = (DOCUMENTS + 7) / 8 * 8;
          assertEquals((12 + (directions ? 2 : 0)) * grouped, codes.correctionBytes());
          checkBlocks(codes, DOCUMENTS, CodedIndex.vector(random(), 100));
        }
      }
    }
  }

  /** The first of the two models of which the embeddings are made, at unit length. */
  private static float[][] leading(float[][] vectors) {
    return Arrays.stream(vectors).map(v -> UnitLength.copyOf(v, DIMS)).toArray(float[][]::new);
  }

  private static void check(VectorSimilarityFunction similarity) throws IOException {
    assumeTrue("real embeddings are absent", Embeddings.available());
    float[][] documents = leading(Embeddings.load("scifact_docs", DOCUMENTS));
    float[][] targets = leading(Embeddings.load("scifact_queries", QUERIES));
    if (similarity != VectorSimilarityFunction.DOT_PRODUCT) {
      // Lengths that differ; cosine must not notice.
      for (float[] document : documents) {
        float factor = 0.5f + random().nextFloat();
        for (int d = 0; d < document.length; d++) {
          document[d] *= factor;
        }
      }
    }
    RotationKind kind = random().nextBoolean() ? RotationKind.ITQ : RotationKind.PCA_RANDOM;
    CodecOptions options = CodedIndex.options(kind, 64, 256);
    try (Directory directory = CodedIndex.directory()) {
      try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
        for (int i = 0; i < documents.length; i++) {
          writer.addDocument(CodedIndex.document(i, documents[i], similarity));
          if (i == documents.length / 2) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        LeafReader leaf = getOnlyLeafReader(reader);
        for (int level = 0; level < 2; level++) {
          checkLevel(similarity, CodedIndex.codes(leaf), level, documents, targets);
        }
        checkBlocks(CodedIndex.codes(leaf), documents.length, targets[0]);
      }
    }
  }

  /** A block at a time, estimates are the same. */
  private static void checkBlocks(SegmentCodes codes, int count, float[] target)
      throws IOException {
    CodeCursor cursor = codes.cursor();
    float[] corrections = new float[cursor.correctionsPerVector()];
    long[] code = new long[codes.bits() / Long.SIZE];
    QueryCode query = codes.encode(target);
    BlockEstimates blocks = new BlockEstimates(codes, query);
    assertEquals(cursor.blocks(), blocks.blocks());
    for (int i = 0; i < count; i++) {
      cursor.readCode(i, code, 0, 1);
      cursor.readCorrections(i, corrections, 0, 1);
      float estimate = query.estimate(codes.levels().length - 1, code, 0, corrections, 0);
      assertEquals(estimate, blocks.of(i / BlockEstimates.BLOCK)[i % BlockEstimates.BLOCK], 0);
    }
  }

  private static void checkLevel(
      VectorSimilarityFunction similarity,
      SegmentCodes codes,
      int level,
      float[][] documents,
      float[][] targets)
      throws IOException {
    Rotation rotation = codes.loadRotation();
    CodeCursor cursor = codes.cursor();
    float[] corrections = new float[cursor.correctionsPerVector()];
    long[] code = new long[codes.bits() / Long.SIZE];
    double errors = 0;
    double errorSquares = 0;
    double exacts = 0;
    double exactSquares = 0;
    for (float[] target : targets) {
      QueryCode query = codes.encode(target);
      for (int i = 0; i < documents.length; i++) {
        cursor.readCode(i, code, 0, 1);
        cursor.readCorrections(i, corrections, 0, 1);
        double estimate = query.estimate(level, code, 0, corrections, 0);
        double exact = exact(similarity, target, documents[i]);
        if (i % 500 == 0) {
          checkFormula(similarity, rotation, level, code, target, documents[i], estimate);
        }
        errors += estimate - exact;
        errorSquares += (estimate - exact) * (estimate - exact);
        exacts += exact;
        exactSquares += exact * exact;
      }
    }
    double count = (double) targets.length * documents.length;
    double bias = errors / count;
    double deviation = Math.sqrt(errorSquares / count - bias * bias);
    double spread = Math.sqrt(exactSquares / count - exacts / count * (exacts / count));
    String figures =
        similarity
            + " level "
            + level
            + ": bias "
            + bias
            + ", deviation "
            + deviation
            + ", spread of the exact values "
            + spread;
    assertTrue(figures, Math.abs(bias) < 0.1 * deviation);
    // An estimate that knows nothing would deviate by the spread.
    assertTrue(figures, deviation < (level == 0 ? 0.8 : 0.5) * spread);
  }

  private static double exact(VectorSimilarityFunction similarity, float[] a, float[] b) {
    double dot = 0;
    double aSquare = 0;
    double bSquare = 0;
    for (int d = 0; d < a.length; d++) {
      dot += (double) a[d] * b[d];
      aSquare += (double) a[d] * a[d];
      bSquare += (double) b[d] * b[d];
    }
    return switch (similarity) {
      case COSINE -> dot / Math.sqrt(aSquare * bSquare);
      case DOT_PRODUCT, MAXIMUM_INNER_PRODUCT -> dot;
      case EUCLIDEAN -> 2 * dot - aSquare - bSquare;
    };
  }

  /**
   * The estimate from its definition, with nothing taken from the corrections, but for the rounding
   * of the query: six times the deviation that uniform errors of its projections add up to.
   */
  private static void checkFormula(
      VectorSimilarityFunction similarity,
      Rotation rotation,
      int level,
      long[] code,
      float[] target,
      float[] document,
      double estimate) {
    int dims = rotation.dims();
    boolean unit = similarity == VectorSimilarityFunction.COSINE;
    float[] q = unit ? UnitLength.copyOf(target, dims) : target;
    float[] x = unit ? UnitLength.copyOf(document, dims) : document;
    double centredDot = 0;
    double rounding = 0;
    int b = 0;
    for (int l = 0; l <= level; l++) {
      double squares = 0;
      double absolutes = 0;
      double signedSum = 0;
      double greatest = 0;
      for (; b < rotation.levels()[l]; b++) {
        double ofX = 0;
        double ofQ = 0;
        for (int d = 0; d < dims; d++) {
          ofX += rotation.matrix()[b * dims + d] * ((double) x[d] - rotation.mean()[d]);
          ofQ += rotation.matrix()[b * dims + d] * ((double) q[d] - rotation.mean()[d]);
        }
        greatest = Math.max(greatest, Math.abs(ofQ));
        squares += ofX * ofX;
        absolutes += Math.abs(ofX);
        signedSum += (code[b / Long.SIZE] >>> b % Long.SIZE & 1) == 1 ? ofQ : -ofQ;
      }
      centredDot += squares / absolutes * signedSum;
      int bits = rotation.levels()[l] - (l == 0 ? 0 : rotation.levels()[l - 1]);
      rounding += Math.pow(squares / absolutes * greatest / 15, 2) * bits / 3;
    }
    double fromMean = 0;
    double squaredLengths = 0;
    for (int d = 0; d < dims; d++) {
      double mean = rotation.mean()[d];
      fromMean += (x[d] - mean) * mean + q[d] * mean;
      squaredLengths += (x[d] - mean) * (x[d] - mean) + (q[d] - mean) * (q[d] - mean);
    }
    boolean euclidean = similarity == VectorSimilarityFunction.EUCLIDEAN;
    double exact = euclidean ? 2 * centredDot - squaredLengths : centredDot + fromMean;
    double tolerance = (euclidean ? 2 : 1) * 6 * Math.sqrt(rounding) + 1e-4;
    assertEquals(exact, estimate, tolerance);
  }
}
