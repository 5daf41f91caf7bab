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

import dev.matryoshka.binary.HammingSelector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.util.Bits;

/**
 * The first stage: the codes of a segment that are nearest to a query by Hamming distance.
 * Stateless.
 */
public final class CodeScan {

  /** Blocks of codes that one task scans: four megabytes of 256-bit codes. */
  private static final int SLICE_BLOCKS = 256;

  private static final int MAX_SLICES = 16;

  /** Of one block in so many a sample is taken, or of one in more where there are many blocks. */
  private static final int LEAST_SAMPLE_STEP = 8;

  private static final int MOST_SAMPLE_STEP = 128;

  /** Blocks of a sample, where the steps allow it. */
  private static final int LEAST_SAMPLE = 32;

  private static final int MOST_SAMPLE = 64;

  /**
   * Codes in a sample of many blocks that are among the nearest ones wanted, if there are enough.
   */
  private static final int SAMPLE_HITS = 64;

  /** Codes fetched together that are not adjacent. */
  private static final int GATHERED = 256;

  private CodeScan() {}

  /** Where a scan of all codes asks which ordinals are accepted: each task for itself. */
  public interface Accepted {
    /** Accepted ordinals, or null for all; a new instance for one thread. */
    Bits ordinals() throws IOException;
  }

  /**
   * Compares every code of the segment, and asks whether a vector is accepted only once it is near
   * enough. A large segment is scanned in slices by several tasks, each starting from a threshold
   * that a sample of the codes and the slices done so far suggest; the outcome does not depend on
   * either.
   *
   * @param codes the segment
   * @param query its query
   * @param level prefix of the codes to compare
   * @param keep codes to keep, at least 1
   * @param capture whether to capture the words of what is kept, as pays where most are needed
   * @param interrupt run for every block of 512 codes, by any task; throws to stop the scan
   */
  public static HammingSelector scanAll(
      SegmentCodes codes,
      QueryCode query,
      int level,
      int keep,
      boolean capture,
      Accepted accepted,
      Runnable interrupt,
      TaskExecutor executor)
      throws IOException {
    int blocks = codes.blocks();
    int step = sampleStep(blocks, keep);
    boolean sampled = sampled(codes, step, keep);
    int unlimited = query.maxDistance(level);
    int start = unlimited;
    if (sampled) {
      int hits = sampleHits(keep, step);
      HammingSelector sample = new HammingSelector(hits, unlimited, 0, hits);
      BlockScan scan = new BlockScan(codes, query, level, accepted.ordinals(), interrupt);
      for (int b = step / 2; b < blocks; b += step) {
        scan.offer(b, b + 1, sample);
      }
      // The least distance up to which the sample has so many.
      start = Math.min(unlimited, sample.threshold() + 1);
    }
    HammingSelector nearest =
        scanSlices(codes, query, level, keep, capture, start, accepted, interrupt, executor);
    // The sample was not like the rest, or fewer are accepted than are to be kept.
    return nearest.size() < keep && start < unlimited
        ? scanSlices(codes, query, level, keep, capture, unlimited, accepted, interrupt, executor)
        : nearest;
  }

  /** A sample for a threshold has one block in so many. */
  static int sampleStep(int blocks, int keep) {
    int least = Math.clamp(blocks / MOST_SAMPLE, LEAST_SAMPLE_STEP, MOST_SAMPLE_STEP);
    return Math.clamp(keep / SAMPLE_HITS, least, Math.max(least, blocks / LEAST_SAMPLE));
  }

  /** Whether a sample would be of use. */
  static boolean sampled(SegmentCodes codes, int step, int keep) {
    return codes.blocks() >= 4 * step && codes.size() >= 2L * keep;
  }

  /** Clearly more vectors than a sample is expected to have of the best ones. */
  static int sampleHits(int keep, int step) {
    double expected = (double) keep / step;
    return (int) Math.ceil(expected + 4 * Math.sqrt(expected) + 1);
  }

  private static HammingSelector scanSlices(
      SegmentCodes codes,
      QueryCode query,
      int level,
      int keep,
      boolean capture,
      int start,
      Accepted accepted,
      Runnable interrupt,
      TaskExecutor executor)
      throws IOException {
    int blocks = codes.blocks();
    int slice = slice(blocks);
    int words = capture ? codes.levels()[level] / Long.SIZE : 0;
    int slices = (blocks + slice - 1) / slice;
    AtomicReferenceArray<HammingSelector> done = new AtomicReferenceArray<>(slices);
    List<Callable<HammingSelector>> tasks = new ArrayList<>();
    for (int s = 0; s < slices; s++) {
      int number = s;
      int first = s * slice;
      int end = Math.min(blocks, first + slice);
      tasks.add(
          () -> {
            int most = HammingSelector.wanted(keep, start, done, number);
            HammingSelector selector =
                new HammingSelector(keep, most, words, expected(codes, end - first, keep));
            new BlockScan(codes, query, level, accepted.ordinals(), interrupt)
                .offer(first, end, selector);
            selector.finish();
            done.set(number, selector);
            return selector;
          });
    }
    List<HammingSelector> parts = executor.invokeAll(tasks);
    return parts.size() == 1 ? parts.getFirst() : HammingSelector.merge(parts);
  }

  /** What a task is likely to select, and some more. */
  private static int expected(SegmentCodes codes, int blocks, int keep) {
    double share = Math.min(1, (double) blocks / codes.blocks());
    return (int) (share * (keep + keep / 4)) + MatryoshkaVectorsFormat.BLOCK;
  }

  /** Blocks that one task scans. */
  static int slice(int blocks) {
    return Math.max(SLICE_BLOCKS, (blocks + MAX_SLICES - 1) / MAX_SLICES);
  }

  /**
   * Most heap that a scan which keeps so many codes takes: what its tasks select, twice that while
   * it is merged.
   */
  public static long bytesNeeded(SegmentCodes codes, int keep) {
    int slice = slice(codes.blocks());
    long slices = (codes.blocks() + slice - 1) / slice;
    long selected = slices * Math.min(2L * keep, 2L * slice * MatryoshkaVectorsFormat.BLOCK);
    selected = Math.min(selected, 2L * codes.size() + MatryoshkaVectorsFormat.BLOCK);
    long merged = slices == 1 ? 0 : Math.min(2L * keep, codes.size());
    return (selected + merged) * (2 * Integer.BYTES + codes.bits() / Byte.SIZE);
  }

  /**
   * Compares only accepted codes, fetched one by one: cheaper than {@link #scanAll} when few are.
   *
   * @param values the segment's vectors, to find ordinals by
   * @param accepted accepted documents
   * @param expected at least as many as there are
   */
  public static HammingSelector scanAccepted(
      SegmentCodes codes,
      QueryCode query,
      int level,
      int keep,
      KnnVectorValues.DocIndexIterator values,
      DocIdSetIterator accepted,
      int expected,
      Runnable interrupt)
      throws IOException {
    CodeCursor cursor = codes.cursor();
    int bits = codes.levels()[level];
    int words = bits / Long.SIZE;
    HammingSelector selector = new HammingSelector(keep, query.maxDistance(level), words, expected);
    int[] ords = new int[GATHERED];
    long[] gathered = new long[GATHERED * words];
    int count = 0;
    int visited = 0;
    for (int doc = accepted.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = accepted.nextDoc()) {
      if ((++visited & 0x1ff) == 0) {
        interrupt.run();
      }
      int found = values.docID() < doc ? values.advance(doc) : values.docID();
      if (found == doc) {
        ords[count++] = values.index();
      }
      if (count == GATHERED) {
        offer(cursor, query, level, ords, count, gathered, selector);
        count = 0;
      }
    }
    offer(cursor, query, level, ords, count, gathered, selector);
    selector.finish();
    return selector;
  }

  private static void offer(
      CodeCursor cursor,
      QueryCode query,
      int level,
      int[] ords,
      int count,
      long[] gathered,
      HammingSelector selector)
      throws IOException {
    cursor.readScattered(ords, count, level, gathered);
    int words = gathered.length / GATHERED;
    for (int i = 0; i < count; i++) {
      int distance = query.distance(level, gathered, i * words);
      if (distance <= selector.threshold()) {
        selector.add(ords[i], distance, gathered, i * words);
      }
    }
  }
}
