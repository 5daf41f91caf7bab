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

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;

/**
 * What searches did. Immutable; those of several shards add up.
 *
 * @param searches funnels that ran on a shard
 * @param predicted those of them that aimed at a recall, and predicted what they would find
 * @param predictedRecall the sum of what these predicted, each 0 to 1
 * @param stages by label
 * @param findAlls searches for everything above a similarity, which are not among the others
 */
public record SearchCounts(
    long searches,
    long predicted,
    double predictedRecall,
    Map<String, StageCounts> stages,
    LiveRecall liveRecall,
    FindAlls findAlls) {

  public static final SearchCounts NONE =
      new SearchCounts(0, 0, 0, Map.of(), LiveRecall.NONE, FindAlls.NONE);

  public SearchCounts {
    stages = Map.copyOf(stages);
  }

  /**
   * What one stage did.
   *
   * @param compared vectors it looked at
   * @param kept candidates that it left
   */
  public record StageCounts(long runs, long compared, long kept, long nanos) {
    StageCounts plus(StageCounts other) {
      return new StageCounts(
          runs + other.runs, compared + other.compared, kept + other.kept, nanos + other.nanos);
    }
  }

  /**
   * What searches for everything above a similarity did.
   *
   * @param fast those of them that could lose something
   * @param expectedRecall the sum of what these expected to find, each 0 to 1
   * @param skipped vectors left out without comparing them
   * @param verified vectors compared at full precision
   */
  public record FindAlls(
      long searches, long fast, double expectedRecall, long skipped, long verified)
      implements Writeable {

    static final FindAlls NONE = new FindAlls(0, 0, 0, 0, 0);

    FindAlls plus(FindAlls other) {
      return new FindAlls(
          searches + other.searches,
          fast + other.fast,
          expectedRecall + other.expectedRecall,
          skipped + other.skipped,
          verified + other.verified);
    }

    private static FindAlls read(StreamInput in) throws IOException {
      return new FindAlls(
          in.readVLong(), in.readVLong(), in.readDouble(), in.readVLong(), in.readVLong());
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
      out.writeVLong(searches);
      out.writeVLong(fast);
      out.writeDouble(expectedRecall);
      out.writeVLong(skipped);
      out.writeVLong(verified);
    }
  }

  /** Both together. */
  public SearchCounts plus(SearchCounts other) {
    Map<String, StageCounts> both = new TreeMap<>(stages);
    other.stages.forEach((label, counts) -> both.merge(label, counts, StageCounts::plus));
    return new SearchCounts(
        searches + other.searches,
        predicted + other.predicted,
        predictedRecall + other.predictedRecall,
        both,
        liveRecall.plus(other.liveRecall),
        findAlls.plus(other.findAlls));
  }

  /**
   * Reads what {@link #writeTo} wrote.
   *
   * @param withFindAlls whether the sender knows of them
   */
  public static SearchCounts read(StreamInput in, boolean withFindAlls) throws IOException {
    return new SearchCounts(
        in.readVLong(),
        in.readVLong(),
        in.readDouble(),
        in.readMap(
            each ->
                new StageCounts(
                    each.readVLong(), each.readVLong(), each.readVLong(), each.readVLong())),
        LiveRecall.read(in),
        withFindAlls ? FindAlls.read(in) : FindAlls.NONE);
  }

  /** Writes all of it. */
  public void writeTo(StreamOutput out) throws IOException {
    out.writeVLong(searches);
    out.writeVLong(predicted);
    out.writeDouble(predictedRecall);
    out.writeMap(
        stages,
        (stream, counts) -> {
          stream.writeVLong(counts.runs);
          stream.writeVLong(counts.compared);
          stream.writeVLong(counts.kept);
          stream.writeVLong(counts.nanos);
        });
    liveRecall.writeTo(out);
    findAlls.writeTo(out);
  }
}
