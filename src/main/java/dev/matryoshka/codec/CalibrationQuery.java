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

import org.apache.lucene.util.LongHeap;
import org.apache.lucene.util.NumericUtils;

/**
 * One held-out vector of a {@link Calibrator}: the vectors that are nearest to it, and how many
 * there are at each distance and around each estimate. 20 KB. Not thread-safe.
 */
final class CalibrationQuery {

  private static final int NEAREST = Calibration.HITS.getLast();

  /** Estimates are counted by standard deviations from their mean, in steps of one in so many. */
  private static final int BINS_PER_DEVIATION = 64;

  private static final int BINS = 4096;
  private static final int MEAN_BIN = BINS / 4;

  private static final float ROUNDING = 1e-6f;

  final QueryCode code;
  private final float itself;
  private final int[] atDistance;
  private final int[] atEstimate = new int[BINS];
  private final LongHeap nearest = new LongHeap(NEAREST);
  private final int[] distances = new int[NEAREST];
  private final int[] bins = new int[NEAREST];
  private boolean metItself;
  private double mean = Double.NaN;
  private double deviation;

  /**
   * @param itself similarity of the vector to itself
   */
  CalibrationQuery(QueryCode code, float itself, int lastLevel) {
    this.code = code;
    this.itself = itself;
    this.atDistance = new int[code.maxDistance(lastLevel) + 1];
  }

  /** Called once before {@link #add}, with the first estimates: sets the scale for all. */
  void scale(float[] estimates, int count) {
    if (Double.isNaN(mean) == false) {
      return;
    }
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      sum += estimates[i];
      squares += (double) estimates[i] * estimates[i];
    }
    mean = sum / count;
    deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  }

  /** Takes one vector of the segment. */
  void add(float similarity, int distance, float estimate) {
    if (metItself == false && Math.abs(similarity - itself) <= ROUNDING * Math.abs(itself)) {
      metItself = true;
      return;
    }
    int bin = bin(estimate);
    atDistance[distance]++;
    atEstimate[bin]++;
    int slot = nearest.size();
    if (slot == NEAREST) {
      if (similarity <= NumericUtils.sortableIntToFloat((int) (nearest.top() >> Integer.SIZE))) {
        return;
      }
      slot = (int) nearest.top();
      nearest.updateTop(key(similarity, slot));
    } else {
      nearest.push(key(similarity, slot));
    }
    distances[slot] = distance;
    bins[slot] = bin;
  }

  private static long key(float similarity, int slot) {
    return (long) NumericUtils.floatToSortableInt(similarity) << Integer.SIZE | slot;
  }

  /** Higher estimates have lower bins, as nearer vectors have smaller distances. */
  private int bin(float estimate) {
    double deviations = deviation > 0 ? (estimate - mean) / deviation : 0;
    return BINS - 1 - (int) Math.clamp(MEAN_BIN + deviations * BINS_PER_DEVIATION, 0, BINS - 1);
  }

  /** Adds, for each number of hits and of kept vectors, the share of the hits that is kept. */
  void addRecalls(double[][] byDistance, double[][] byEstimate) {
    int[] bestFirst = new int[nearest.size()];
    for (int i = bestFirst.length - 1; i >= 0; i--) {
      bestFirst[i] = (int) nearest.pop();
    }
    addRecalls(bestFirst, distances, atDistance, byDistance);
    addRecalls(bestFirst, bins, atEstimate, byEstimate);
  }

  private static void addRecalls(int[] bestFirst, int[] places, int[] counts, double[][] recalls) {
    int[] before = new int[counts.length];
    for (int place = 1; place < counts.length; place++) {
      before[place] = before[place - 1] + counts[place - 1];
    }
    for (int h = 0; h < Calibration.HITS.size(); h++) {
      int hits = Math.min(Calibration.HITS.get(h), bestFirst.length);
      for (int i = 0; i < Calibration.KEEPS; i++) {
        long keep = (long) Calibration.HITS.get(h) << i;
        int kept = 0;
        for (int hit = 0; hit < hits; hit++) {
          int place = places[bestFirst[hit]];
          // Of those in the same place half come first.
          kept += before[place] + (counts[place] - 1) / 2 < keep ? 1 : 0;
        }
        recalls[h][i] += hits == 0 ? 1 : (double) kept / hits;
      }
    }
  }
}
