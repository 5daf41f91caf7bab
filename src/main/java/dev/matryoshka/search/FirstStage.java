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
package dev.matryoshka.search;

import dev.matryoshka.codec.Calibration;
import dev.matryoshka.codec.EstimateScan;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import org.apache.lucene.search.AcceptDocs;

/**
 * Chooses what a search with a {@link RecallTarget} begins with in a segment. What is chosen
 * decides how long the search takes, not what it finds: it widens where that was too little.
 * Stateless.
 */
final class FirstStage {

  // Measured, see docs/experiments.md.

  /** Vectors are captured so many times as many as the calibration asks for. */
  private static final double SPARE_OF_DISTANCES = 6;

  private static final double SPARE_OF_ESTIMATES = 3;

  /** The same where scanning once more costs little. */
  private static final double SPARE_OF_REMEMBERED = 1;

  /** Captured at least: the lines that the search fits need some points. */
  private static final int LEAST_KEEP = 400;

  /**
   * One vector in so many is captured at least: that takes a seventh of the time of comparing all
   * of them, which follows once more where too few were captured.
   */
  private static final int CAPTURED_PER = 256;

  /**
   * Where distances would have to capture more than one vector in so many, all are estimated from
   * the start: capturing one takes as long as estimating so many in passing.
   */
  private static final int ESTIMATED_ABOVE = 20;

  /** The same where scanning once more costs little: two queries in five need them all anyway. */
  private static final int REMEMBERED_ABOVE = 60;

  private FirstStage() {}

  /**
   * The first stage for the segment; keeps no more than {@link Funnel#firstOf}, or {@link
   * Funnel#estimating} where it estimates.
   */
  static Stage of(SegmentSearch search, AcceptDocs acceptDocs, Funnel funnel, int k)
      throws IOException {
    Stage most = funnel.firstOf(search.segment().size());
    SegmentCodes codes = search.segment().codes();
    if (codes == null || most.kind() != Stage.Kind.HAMMING) {
      return most;
    }
    double accepted = Math.clamp(acceptDocs.cost(), 1, codes.size());
    boolean whole = most.size() == codes.bits();
    // Where few are accepted, fetching codes is what takes time, whatever is done with them.
    boolean estimates = search.scattered(acceptDocs) || whole && codes.estimatesQuickly();
    int estimated = search.estimated(acceptDocs);
    Calibration known = codes.calibration();
    if (known == null || whole == false) {
      return estimates ? funnel.estimating(funnel.first().keep(), estimated) : most;
    }
    double ofAll = Math.max(1, search.visible() / accepted);
    double hits = k * ofAll;
    double share = funnel.target().share();
    double near = SPARE_OF_DISTANCES * known.keepByDistance(hits, share) / ofAll;
    boolean remembered = EstimateScan.remembers(codes);
    int estimatedAbove = remembered ? REMEMBERED_ABOVE : ESTIMATED_ABOVE;
    if (estimates || near * estimatedAbove > accepted) {
      double spare = remembered ? SPARE_OF_REMEMBERED : SPARE_OF_ESTIMATES;
      double keep = spare * known.keepByEstimate(hits, share) / ofAll;
      return funnel.estimating(kept(keep, funnel.first()), estimated);
    }
    return Stage.hamming(most.size(), kept(Math.max(near, accepted / CAPTURED_PER), most));
  }

  private static int kept(double wanted, Stage most) {
    return (int) Math.min(most.keep(), Math.max(LEAST_KEEP, wanted));
  }
}
