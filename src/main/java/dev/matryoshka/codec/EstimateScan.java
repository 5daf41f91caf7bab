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

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.IntroSelector;
import org.apache.lucene.util.NumericUtils;

/**
 * A first stage for when Hamming distances say too little: the vectors of a segment with the best
 * {@link BlockEstimates}, at several times the price of {@link CodeScan}. Stateless.
 */
public final class EstimateScan {

  private EstimateScan() {}

  /**
   * Estimates every vector of the segment, and asks whether it is accepted only once its estimate
   * is good enough. Large segments are scanned in slices by several tasks; the outcome does not
   * depend on them.
   *
   * @param keep vectors to keep, at least 1: those with the best estimates, ties to the lowest
   *     ordinal
   * @param interrupt run for every block, by any task; throws to stop the scan
   * @return their ordinals, ascending
   */
  public static int[] scanAll(
      SegmentCodes codes,
      QueryCode query,
      int keep,
      CodeScan.Accepted accepted,
      Runnable interrupt,
      TaskExecutor executor)
      throws IOException {
    int slice = CodeScan.slice(codes.blocks());
    List<Callable<Best>> tasks = new ArrayList<>();
    for (int from = 0; from < codes.blocks(); from += slice) {
      int first = from;
      int end = Math.min(codes.blocks(), from + slice);
      tasks.add(
          () -> {
            Best best = new Best(keep, (end - first) * BlockEstimates.BLOCK);
            scan(codes, query, first, end, best, accepted.ordinals(), interrupt);
            return best;
          });
    }
    List<Best> parts = executor.invokeAll(tasks);
    Best best = parts.getFirst();
    for (Best part : parts.subList(1, parts.size())) {
      best.addAll(part);
    }
    return best.ordinals();
  }

  private static void scan(
      SegmentCodes codes,
      QueryCode query,
      int fromBlock,
      int toBlock,
      Best best,
      Bits accept,
      Runnable interrupt)
      throws IOException {
    BlockEstimates estimates = new BlockEstimates(codes, query);
    for (int block = fromBlock; block < toBlock; block++) {
      interrupt.run();
      float[] ofBlock = estimates.of(block);
      int base = block * BlockEstimates.BLOCK;
      int count = estimates.count(block);
      for (int lane = 0; lane < count; lane++) {
        if (ofBlock[lane] >= best.least && (accept == null || accept.get(base + lane))) {
          best.add(ofBlock[lane], base + lane);
        }
      }
    }
  }

  /** Most heap that a scan which keeps so many vectors takes. */
  public static long bytesNeeded(SegmentCodes codes, int keep) {
    int slice = CodeScan.slice(codes.blocks());
    long slices = (codes.blocks() + slice - 1) / slice;
    long room = Math.min(2L * keep, (long) slice * BlockEstimates.BLOCK);
    return (slices * room + 2L * Math.min(keep, codes.size())) * Long.BYTES;
  }

  /** The best vectors so far: keys that ascend as estimates descend and ordinals ascend. */
  private static final class Best extends IntroSelector {
    private final int keep;
    private float least = Float.NEGATIVE_INFINITY;
    private long[] keys;
    private int size;
    private long pivot;

    Best(int keep, int offered) {
      this.keep = keep;
      this.keys = new long[(int) Math.min(2L * keep, offered)];
    }

    void add(float estimate, int ord) {
      if (size == keys.length) {
        cut();
      }
      keys[size++] = (long) ~NumericUtils.floatToSortableInt(estimate) << Integer.SIZE | ord;
    }

    void addAll(Best other) {
      keys = Arrays.copyOf(keys, size + other.size);
      System.arraycopy(other.keys, 0, keys, size, other.size);
      size = keys.length;
      cut();
    }

    /** Leaves the best, and wants nothing worse than the worst of them from now on. */
    private void cut() {
      if (size > keep) {
        select(0, size, keep - 1);
        size = keep;
        int estimate = ~(int) (keys[keep - 1] >> Integer.SIZE);
        least = NumericUtils.sortableIntToFloat(estimate);
      }
    }

    int[] ordinals() {
      cut();
      int[] ordinals = new int[size];
      for (int i = 0; i < size; i++) {
        ordinals[i] = (int) keys[i];
      }
      Arrays.sort(ordinals);
      return ordinals;
    }

    @Override
    protected void setPivot(int i) {
      pivot = keys[i];
    }

    @Override
    protected int comparePivot(int j) {
      return Long.compare(pivot, keys[j]);
    }

    @Override
    protected void swap(int i, int j) {
      long key = keys[i];
      keys[i] = keys[j];
      keys[j] = key;
    }
  }
}
