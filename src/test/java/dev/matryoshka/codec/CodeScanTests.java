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
import dev.matryoshka.binary.HammingSelector;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.BitSet;
import org.apache.lucene.util.BitSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.FixedBitSet;

/** Scans of segments that are large enough for slices and for a sampled threshold. */
public class CodeScanTests extends MatryoshkaTestCase {

  private static final int DIMS = 64;

  /** Scanned by two tasks, and by one; and too many to remember their estimates. */
  private static final int[] COUNTS = {140_000, 40_000, 270_000};

  private int count;
  private Directory directory;
  private DirectoryReader reader;
  private SegmentCodes codes;
  private ExecutorService threads;

  @Override
  public void setUp() throws Exception {
    super.setUp();
    count = COUNTS[random().nextInt(COUNTS.length)];
    directory = CodedIndex.directory();
    threads = Executors.newFixedThreadPool(3);
  }

  @Override
  public void tearDown() throws Exception {
    threads.shutdown();
    assertTrue(threads.awaitTermination(1, TimeUnit.MINUTES));
    reader.close();
    directory.close();
    super.tearDown();
  }

  private void index(float[][] vectors) throws IOException {
    CodecOptions options = CodedIndex.options(RotationKind.RANDOM, DIMS);
    try (IndexWriter writer = new IndexWriter(directory, CodedIndex.config(options))) {
      for (int i = 0; i < vectors.length; i++) {
        writer.addDocument(CodedIndex.document(i, vectors[i], VectorSimilarityFunction.EUCLIDEAN));
      }
      writer.forceMerge(1);
      reader = DirectoryReader.open(writer);
    }
    codes = CodedIndex.codes(getOnlyLeafReader(reader));
  }

  private void check(float[] target, int keep, Bits accept) throws IOException {
    QueryCode query = codes.encode(target);
    HammingSelector expected = new HammingSelector(keep, DIMS, 1, count);
    CodeCursor cursor = codes.cursor();
    long[] code = new long[1];
    for (int ord = 0; ord < count; ord++) {
      cursor.readCode(ord, code, 0, 1);
      int distance = query.distance(0, code, 0);
      if (distance <= expected.threshold() && (accept == null || accept.get(ord))) {
        expected.add(ord, distance, code, 0);
      }
    }
    expected.finish();
    AtomicInteger interrupts = new AtomicInteger();
    boolean capture = random().nextBoolean();
    HammingSelector actual =
        CodeScan.scanAll(
            codes,
            query,
            0,
            keep,
            capture,
            () -> accept,
            interrupts::incrementAndGet,
            new TaskExecutor(random().nextBoolean() ? threads : Runnable::run));
    assertTrue(interrupts.get() >= count / MatryoshkaVectorsFormat.BLOCK);
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.position(i), actual.position(i));
      assertEquals(expected.distance(i), actual.distance(i));
      if (capture) {
        assertEquals(expected.codes()[i], actual.codes()[i]);
      }
    }
    assertEquals(capture, actual.captures());
  }

  /** The best estimates of accepted vectors, whatever the slices. */
  private void checkEstimates(float[] target, int keep, Bits accept) throws IOException {
    QueryCode query = codes.encode(target);
    BlockEstimates estimates = new BlockEstimates(codes, query);
    float[] all = new float[count];
    List<Integer> ranked = new ArrayList<>();
    for (int ord = 0; ord < count; ord++) {
      all[ord] = estimates.of(ord / BlockEstimates.BLOCK)[ord % BlockEstimates.BLOCK];
      if (accept == null || accept.get(ord)) {
        ranked.add(ord);
      }
    }
    ranked.sort((a, b) -> Float.compare(all[b], all[a]));
    int[] expected = ranked.stream().limit(keep).sorted().mapToInt(Integer::intValue).toArray();
    BlockEstimates again = EstimateScan.estimates(codes, query);
    TaskExecutor executor = new TaskExecutor(random().nextBoolean() ? threads : Runnable::run);
    // What a narrower or wider scan has left behind changes nothing.
    for (int before : new int[] {1 + random().nextInt(2 * keep), keep}) {
      BestEstimates actual =
          EstimateScan.scanAll(codes, again, before, () -> accept, () -> {}, executor);
      if (before == keep) {
        checkEstimates(expected, all, actual);
      }
    }
    // Every document has a vector here.
    DocIdSetIterator docs =
        accept == null ? DocIdSetIterator.all(count) : new BitSetIterator((BitSet) accept, 0);
    LeafReader leaf = getOnlyLeafReader(reader);
    checkEstimates(
        expected,
        all,
        EstimateScan.scanAccepted(
            codes,
            query,
            keep,
            leaf.getFloatVectorValues(CodedIndex.FIELD).iterator(),
            docs,
            () -> {}));
  }

  private static void checkEstimates(int[] expected, float[] all, BestEstimates actual) {
    assertEquals(expected.length, actual.size());
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual.ordinal(i));
      assertEquals(all[expected[i]], actual.estimate(i), 0);
    }
  }

  private void checkAll(float[] target) throws IOException {
    for (int keep : new int[] {1, 10, 1000, 1000 + random().nextInt(10_000), count / 2}) {
      check(target, keep, null);
      checkEstimates(target, keep, null);
      for (int oneIn : new int[] {2, 1000, count}) {
        FixedBitSet accept = new FixedBitSet(count);
        for (int i = 0; i < count; i += 1 + random().nextInt(2 * oneIn - 1)) {
          accept.set(i);
        }
        check(target, keep, accept);
        checkEstimates(target, keep, accept);
      }
      check(target, keep, new Bits.MatchNoBits(count));
    }
  }

  public void testAlike() throws IOException {
    float[][] vectors = new float[count][];
    for (int i = 0; i < count; i++) {
      vectors[i] = CodedIndex.vector(random(), DIMS);
    }
    index(vectors);
    checkAll(CodedIndex.vector(random(), DIMS));
  }

  /** Every second run of blocks is near the target, so that samples of blocks mislead. */
  public void testOrderedBySimilarity() throws IOException {
    float[] target = CodedIndex.vector(random(), DIMS);
    int run = (1 + random().nextInt(40)) * MatryoshkaVectorsFormat.BLOCK;
    float[][] vectors = new float[count][];
    for (int i = 0; i < count; i++) {
      vectors[i] = CodedIndex.vector(random(), DIMS);
      if (i / run % 2 == 0) {
        for (int d = 0; d < DIMS; d++) {
          vectors[i][d] = target[d] + vectors[i][d] / 4;
        }
      }
    }
    index(vectors);
    checkAll(target);
  }

  /** Near the target is only what a sample looks at, so that it promises far too much. */
  public void testPromisingSample() throws IOException {
    float[] target = CodedIndex.vector(random(), DIMS);
    float[][] vectors = new float[count][];
    for (int i = 0; i < count; i++) {
      vectors[i] = CodedIndex.vector(random(), DIMS);
      if (i / MatryoshkaVectorsFormat.BLOCK % 8 == 4) {
        for (int d = 0; d < DIMS; d++) {
          vectors[i][d] = target[d] + vectors[i][d] / 4;
        }
      }
    }
    index(vectors);
    checkAll(target);
  }
}
