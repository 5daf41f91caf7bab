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
package dev.matryoshka.monitor;

import dev.matryoshka.audit.QueryResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;

/**
 * What searches showed of their recall: counts only, from which no query can be told. Immutable;
 * those of several shards add up.
 *
 * @param queries searches that were compared with exact search
 * @param skipped searches that were drawn but not compared, since there was no time for them
 * @param recallSum sum of their recalls
 * @param perfect how many missed nothing
 * @param expected documents to be found in all
 * @param lost documents lost, by the label of the stage
 * @param histogram queries by recall: below 0.1, below 0.2 and so on; those of 1 in the last
 */
public record LiveRecall(
    long queries,
    long skipped,
    double recallSum,
    long perfect,
    long expected,
    Map<String, Long> lost,
    List<Long> histogram)
    implements Writeable {

  private static final int BINS = 10;

  /** The normal quantile of a two-sided interval of 95 %. */
  private static final double Z = 1.959964;

  public static final LiveRecall NONE =
      new LiveRecall(0, 0, 0, 0, 0, Map.of(), Collections.nCopies(BINS, 0L));

  public LiveRecall {
    lost = Map.copyOf(lost);
    histogram = List.copyOf(histogram);
  }

  /** Bounds between which the true mean lies in 95 of 100 cases. */
  public record Interval(double low, double high) {}

  static LiveRecall of(QueryResult result) {
    List<Long> histogram = new ArrayList<>(NONE.histogram);
    histogram.set(Math.min(BINS - 1, (int) (result.recall() * BINS)), 1L);
    Map<String, Long> lost = new TreeMap<>();
    result.lost().forEach((stage, count) -> lost.put(stage, (long) count));
    return new LiveRecall(
        1,
        0,
        result.recall(),
        result.found() == result.expected() ? 1 : 0,
        result.expected(),
        lost,
        histogram);
  }

  static LiveRecall ofSkipped() {
    return new LiveRecall(0, 1, 0, 0, 0, Map.of(), NONE.histogram);
  }

  /** Both together. */
  public LiveRecall plus(LiveRecall other) {
    Map<String, Long> lostInBoth = new TreeMap<>(lost);
    other.lost.forEach((stage, count) -> lostInBoth.merge(stage, count, Long::sum));
    List<Long> bins = new ArrayList<>();
    for (int i = 0; i < BINS; i++) {
      bins.add(histogram.get(i) + other.histogram.get(i));
    }
    return new LiveRecall(
        queries + other.queries,
        skipped + other.skipped,
        recallSum + other.recallSum,
        perfect + other.perfect,
        expected + other.expected,
        lostInBoth,
        bins);
  }

  /** Mean over the compared searches, NaN without any. */
  public double mean() {
    return queries == 0 ? Double.NaN : recallSum / queries;
  }

  /**
   * Wilson's score interval of the mean. Queries count, not documents: documents of one query are
   * lost together, and the variance of a share between 0 and 1 is at most that of a coin of the
   * same mean. So the interval is wide rather than too narrow.
   */
  public Interval interval() {
    if (queries == 0) {
      return new Interval(0, 1);
    }
    double p = mean();
    double z = Z * Z / queries;
    double centre = (p + z / 2) / (1 + z);
    double half = Z * Math.sqrt(p * (1 - p) / queries + z / queries / 4) / (1 + z);
    return new Interval(Math.max(0, centre - half), Math.min(1, centre + half));
  }

  public static LiveRecall read(StreamInput in) throws IOException {
    return new LiveRecall(
        in.readVLong(),
        in.readVLong(),
        in.readDouble(),
        in.readVLong(),
        in.readVLong(),
        in.readMap(StreamInput::readVLong),
        in.readCollectionAsList(StreamInput::readVLong));
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeVLong(queries);
    out.writeVLong(skipped);
    out.writeDouble(recallSum);
    out.writeVLong(perfect);
    out.writeVLong(expected);
    out.writeMap(lost, StreamOutput::writeVLong);
    out.writeCollection(histogram, StreamOutput::writeVLong);
  }
}
