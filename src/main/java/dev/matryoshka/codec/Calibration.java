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
import java.util.List;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;

/**
 * What share of its nearest vectors a segment finds when a first stage keeps so many, as measured
 * by the merge that wrote it: some of its vectors, held out of training, were compared with all
 * others, exactly and by code. Vectors like those of the segment; queries of another kind fare
 * worse, or better. Immutable.
 *
 * <p>Other numbers of hits and of kept vectors than those measured are interpolated, and fewer hits
 * extrapolated down to a single one: what counts is how many vectors are kept for each hit. With
 * {@code queries} held-out vectors, a recall of 0.9 is known to about {@code 0.3 / √queries}.
 *
 * @param queries held-out vectors
 * @param byDistance recall for each of {@link #HITS} and each number of kept vectors, {@code hits *
 *     2ⁱ}, when the first stage goes by the Hamming distance of whole codes
 * @param byEstimate the same when it goes by the estimate from whole codes
 */
public record Calibration(int queries, List<List<Float>> byDistance, List<List<Float>> byEstimate) {

  /** Numbers of hits, ascending, for which recall is measured. */
  public static final List<Integer> HITS = List.of(10, 100);

  /** Numbers of kept vectors, each twice the one before, the first that of the hits. */
  public static final int KEEPS = 12;

  /** Expected recall of a first stage by distance. */
  public double byDistance(double hits, double keep) {
    return recall(byDistance, hits, keep);
  }

  /** Expected recall of a first stage by estimate. */
  public double byEstimate(double hits, double keep) {
    return recall(byEstimate, hits, keep);
  }

  /**
   * How many a first stage by distance has to keep for an expected recall; infinitely many where
   * the calibration has never seen it.
   *
   * @param recall 0 to 1
   */
  public double keepByDistance(double hits, double recall) {
    return keep(byDistance, hits, recall);
  }

  /** The same for a first stage by estimate. */
  public double keepByEstimate(double hits, double recall) {
    return keep(byEstimate, hits, recall);
  }

  private static double keep(List<List<Float>> measured, double hits, double recall) {
    double before = 0;
    for (int i = 0; i < KEEPS; i++) {
      double perHit = 1L << i;
      double found = recall(measured, hits, hits * perHit);
      if (found >= recall) {
        double share = found > before ? (recall - before) / (found - before) : 0;
        return i == 0 ? hits * share : hits * perHit * Math.pow(2, share - 1);
      }
      before = found;
    }
    return Double.POSITIVE_INFINITY;
  }

  private static double recall(List<List<Float>> measured, double hits, double keep) {
    double perHit = keep / hits;
    double from = Math.log(HITS.getFirst());
    double share = Math.clamp((Math.log(hits) - from) / (Math.log(HITS.getLast()) - from), -1, 1);
    double few = interpolated(measured.getFirst(), perHit);
    double many = interpolated(measured.getLast(), perHit);
    // Fewer hits than were measured are never easier to find.
    return share < 0
        ? Math.max(0, few + share * Math.max(0, many - few))
        : (1 - share) * few + share * many;
  }

  private static double interpolated(List<Float> recalls, double perHit) {
    if (perHit <= 1) {
      return Math.max(0, perHit) * recalls.getFirst();
    }
    double at = Math.log(perHit) / Math.log(2);
    int below = (int) at;
    return below >= KEEPS - 1
        ? recalls.getLast()
        : recalls.get(below) + (at - below) * (recalls.get(below + 1) - recalls.get(below));
  }

  void write(IndexOutput meta) throws IOException {
    meta.writeVInt(queries);
    for (List<List<Float>> measured : List.of(byDistance, byEstimate)) {
      for (List<Float> recalls : measured) {
        for (float recall : recalls) {
          meta.writeInt(Float.floatToIntBits(recall));
        }
      }
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException when it cannot be
   */
  static Calibration read(IndexInput meta) throws IOException {
    int queries = meta.readVInt();
    if (queries < 1) {
      throw new IllegalArgumentException("invalid number of held-out vectors [" + queries + "]");
    }
    return new Calibration(queries, readRecalls(meta), readRecalls(meta));
  }

  private static List<List<Float>> readRecalls(IndexInput meta) throws IOException {
    List<List<Float>> recalls = new ArrayList<>();
    for (int h = 0; h < HITS.size(); h++) {
      List<Float> ofHits = new ArrayList<>();
      for (int i = 0; i < KEEPS; i++) {
        float recall = Float.intBitsToFloat(meta.readInt());
        if ((recall >= 0 && recall <= 1) == false) {
          throw new IllegalArgumentException("invalid recall [" + recall + "]");
        }
        ofHits.add(recall);
      }
      recalls.add(List.copyOf(ofHits));
    }
    return List.copyOf(recalls);
  }
}
