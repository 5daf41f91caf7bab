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
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import java.util.List;
import org.apache.lucene.search.AcceptDocs;

/**
 * What a first stage that keeps a fixed number can be expected to find, from what segments know of
 * themselves ({@link Calibration}), before anything is compared. Stateless.
 */
final class FirstStageForecast {

  private FirstStageForecast() {}

  /**
   * Expected recall of a first stage over whole codes, for a query that is like the documents. What
   * a filter accepts is taken to be spread like everything else: k of a tenth of the documents are
   * ten times as many of all.
   *
   * @param accept accepted documents of each segment
   * @param enough accepted vectors of a segment up to this number are searched exactly
   * @param k wanted documents
   * @return 0 to 1; NaN where some segment knows nothing about such a stage
   */
  static double recall(
      Stage first, List<SegmentSearch> segments, List<AcceptDocs> accept, int enough, int k)
      throws IOException {
    double all = 0;
    for (int s = 0; s < segments.size(); s++) {
      all += accepted(segments.get(s), accept.get(s));
    }
    double recall = 0;
    for (int s = 0; s < segments.size() && all > 0; s++) {
      double accepted = accepted(segments.get(s), accept.get(s));
      SegmentCodes codes = segments.get(s).segment().codes();
      double share = accepted / all;
      if (codes == null || accepted <= enough) {
        recall += share;
      } else {
        double ofAll = Math.max(1, segments.get(s).visible() / Math.max(1, accepted));
        recall += share * ofSegment(first, codes, share, ofAll, k);
      }
    }
    return all > 0 ? recall : Double.NaN;
  }

  private static double accepted(SegmentSearch segment, AcceptDocs accept) throws IOException {
    return Math.min(accept.cost(), segment.segment().size());
  }

  /**
   * @param share of the wanted documents that the segment has
   * @param ofAll how many vectors the caller may see for each accepted one
   */
  private static double ofSegment(
      Stage first, SegmentCodes codes, double share, double ofAll, int k) {
    Calibration known = codes.calibration();
    if (known == null || first.kind() == Stage.Kind.FLOAT || first.size() != codes.bits()) {
      return Double.NaN;
    }
    double hits = k * share * ofAll;
    double byEstimate = known.byEstimate(hits, first.keep() * share * ofAll);
    if (first.kind() == Stage.Kind.ASYMMETRIC) {
      return byEstimate;
    }
    // Several segments keep the number each; of all these it is kept by estimate.
    double byDistance = known.byDistance(hits, first.keep() * ofAll);
    return share < 1 ? byDistance * byEstimate : byDistance;
  }
}
