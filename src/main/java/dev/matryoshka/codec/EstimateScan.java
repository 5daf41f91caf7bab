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

import dev.matryoshka.binary.HammingKernels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.util.Bits;

/**
 * A first stage for when Hamming distances say too little, or would capture a good part of a
 * segment anyway: the vectors with the best {@link BlockEstimates}, at little more than the price
 * of {@link CodeScan} where {@link SegmentCodes#estimatesQuickly}, at five times that elsewhere.
 * Stateless.
 */
public final class EstimateScan {

  private EstimateScan() {}

  /** Vectors whose estimates are remembered, at most: those of a segment take a megabyte. */
  private static final int MOST_REMEMBERED = 1 << 18;

  /** What {@link #scanAll} reads. */
  public static BlockEstimates estimates(SegmentCodes codes, QueryCode query) throws IOException {
    return remembers(codes)
        ? BlockEstimates.remembering(codes, query)
        : new BlockEstimates(codes, query);
  }

  /** Whether estimates are remembered, so that scanning once more takes a tenth of the time. */
  public static boolean remembers(SegmentCodes codes) {
    return codes.size() <= MOST_REMEMBERED;
  }

  /**
   * Estimates every vector of the segment, and asks whether it is accepted only once its estimate
   * is good enough. Large segments are scanned in slices by several tasks, each starting from what
   * a sample suggests; the outcome does not depend on either.
   *
   * @param estimates the segment's, as {@link #estimates} has them
   * @param keep vectors to keep, at least 1: those with the best estimates, ties to the lowest
   *     ordinal
   * @param interrupt run for every block, by any task; throws to stop the scan
   */
  public static BestEstimates scanAll(
      SegmentCodes codes,
      BlockEstimates estimates,
      int keep,
      CodeScan.Accepted accepted,
      Runnable interrupt,
      TaskExecutor executor)
      throws IOException {
    if (remembers(codes) && codes.blocks() <= CodeScan.slice(codes.blocks())) {
      // Memory is fetched ahead of its use where it is read from front to back.
      for (int block = 0; block < codes.blocks(); block++) {
        interrupt.run();
        estimates.of(block);
      }
    }
    int step = CodeScan.sampleStep(codes.blocks(), keep);
    float start = Float.NEGATIVE_INFINITY;
    if (CodeScan.sampled(codes, step, keep)) {
      BestEstimates sample = new BestEstimates(CodeScan.sampleHits(keep, step), start);
      scan(estimates, step / 2, codes.blocks(), step, sample, accepted.ordinals(), interrupt);
      sample.finish();
      start = sample.least();
    }
    BestEstimates best = scanSlices(codes, estimates, keep, start, accepted, interrupt, executor);
    // The sample was not like the rest, or fewer are accepted than are to be kept.
    if (best.size() < keep && start > Float.NEGATIVE_INFINITY) {
      start = Float.NEGATIVE_INFINITY;
      best = scanSlices(codes, estimates, keep, start, accepted, interrupt, executor);
    }
    return best;
  }

  private static BestEstimates scanSlices(
      SegmentCodes codes,
      BlockEstimates estimates,
      int keep,
      float start,
      CodeScan.Accepted accepted,
      Runnable interrupt,
      TaskExecutor executor)
      throws IOException {
    int slice = CodeScan.slice(codes.blocks());
    List<Callable<BestEstimates>> tasks = new ArrayList<>();
    for (int from = 0; from < codes.blocks(); from += slice) {
      int first = from;
      int end = Math.min(codes.blocks(), from + slice);
      BlockEstimates ofTask = slice < codes.blocks() ? estimates.fork() : estimates;
      tasks.add(
          () -> {
            BestEstimates best = new BestEstimates(keep, start);
            scan(ofTask, first, end, 1, best, accepted.ordinals(), interrupt);
            return best;
          });
    }
    List<BestEstimates> parts = executor.invokeAll(tasks);
    BestEstimates best = parts.getFirst();
    best.finishWith(parts.subList(1, parts.size()));
    return best;
  }

  private static void scan(
      BlockEstimates estimates,
      int fromBlock,
      int toBlock,
      int step,
      BestEstimates best,
      Bits accept,
      Runnable interrupt)
      throws IOException {
    int[] hits = new int[BlockEstimates.BLOCK];
    for (int block = fromBlock; block < toBlock; block += step) {
      interrupt.run();
      float[] ofBlock = estimates.of(block);
      int base = block * BlockEstimates.BLOCK;
      int count = estimates.count(block);
      int found = HammingKernels.INSTANCE.select(ofBlock, count, best.least(), hits);
      for (int i = 0; i < found; i++) {
        float estimate = ofBlock[hits[i]];
        int ord = base + hits[i];
        if (estimate >= best.least() && (accept == null || accept.get(ord))) {
          best.add(estimate, ord);
        }
      }
    }
  }

  /**
   * Estimates only accepted vectors, a few hundred at a time: cheaper than {@link #scanAll} when
   * there are few.
   *
   * @param keep vectors to keep, at least 1: those with the best estimates, ties to the lowest
   *     ordinal
   * @param values of the segment
   * @param accepted accepted documents
   * @param interrupt run every few hundred documents; throws to stop the scan
   */
  public static BestEstimates scanAccepted(
      SegmentCodes codes,
      QueryCode query,
      int keep,
      KnnVectorValues.DocIndexIterator values,
      DocIdSetIterator accepted,
      Runnable interrupt)
      throws IOException {
    BlockEstimates estimates = new BlockEstimates(codes, query);
    BestEstimates best = new BestEstimates(keep, Float.NEGATIVE_INFINITY);
    int[] ords = new int[BlockEstimates.BLOCK];
    int[] hits = new int[BlockEstimates.BLOCK];
    int count = 0;
    int visited = 0;
    for (int doc = accepted.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = accepted.nextDoc()) {
      if (visited++ % BlockEstimates.BLOCK == 0) {
        interrupt.run();
      }
      int found = values.docID() < doc ? values.advance(doc) : values.docID();
      if (found == doc) {
        ords[count++] = values.index();
      }
      if (count == ords.length) {
        offer(estimates.of(ords, count), ords, count, best, hits);
        count = 0;
      }
    }
    offer(estimates.of(ords, count), ords, count, best, hits);
    best.finish();
    return best;
  }

  private static void offer(
      float[] estimates, int[] ords, int count, BestEstimates best, int[] hits) {
    int found = HammingKernels.INSTANCE.select(estimates, count, best.least(), hits);
    for (int i = 0; i < found; i++) {
      float estimate = estimates[hits[i]];
      if (estimate >= best.least()) {
        best.add(estimate, ords[hits[i]]);
      }
    }
  }

  /** Most heap that a scan which keeps so many vectors takes. */
  public static long bytesNeeded(SegmentCodes codes, int keep) {
    int slice = CodeScan.slice(codes.blocks());
    long slices = (codes.blocks() + slice - 1) / slice;
    long room = Math.min(BestEstimates.room(keep), 2L * slice * BlockEstimates.BLOCK);
    // What tasks select, all of that in one piece, and a copy to choose from.
    long remembered = remembers(codes) ? (long) codes.size() * Float.BYTES : 0;
    return 3 * slices * room * Long.BYTES + remembered;
  }
}
