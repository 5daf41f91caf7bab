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
 */
public record SearchCounts(
    long searches,
    long predicted,
    double predictedRecall,
    Map<String, StageCounts> stages,
    LiveRecall liveRecall)
    implements Writeable {

  public static final SearchCounts NONE = new SearchCounts(0, 0, 0, Map.of(), LiveRecall.NONE);

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

  /** Both together. */
  public SearchCounts plus(SearchCounts other) {
    Map<String, StageCounts> both = new TreeMap<>(stages);
    other.stages.forEach((label, counts) -> both.merge(label, counts, StageCounts::plus));
    return new SearchCounts(
        searches + other.searches,
        predicted + other.predicted,
        predictedRecall + other.predictedRecall,
        both,
        liveRecall.plus(other.liveRecall));
  }

  public static SearchCounts read(StreamInput in) throws IOException {
    return new SearchCounts(
        in.readVLong(),
        in.readVLong(),
        in.readDouble(),
        in.readMap(
            each ->
                new StageCounts(
                    each.readVLong(), each.readVLong(), each.readVLong(), each.readVLong())),
        LiveRecall.read(in));
  }

  @Override
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
  }
}
