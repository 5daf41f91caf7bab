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
package dev.matryoshka.action;

import dev.matryoshka.codec.Calibration;
import dev.matryoshka.monitor.LiveRecall;
import dev.matryoshka.monitor.SearchCounts;
import dev.matryoshka.monitor.TrainingCounts;
import dev.matryoshka.search.SegmentFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.elasticsearch.action.support.DefaultShardOperationFailedException;
import org.elasticsearch.action.support.TransportAction;
import org.elasticsearch.action.support.broadcast.BroadcastResponse;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.xcontent.XContentBuilder;

/** Statistics by index, shard and segment. Stays on its node. */
public final class StatsResponse extends BroadcastResponse {

  private final StatsRequest.Level level;
  private final List<ShardVectorStats> shards;

  StatsResponse(
      StatsRequest.Level level,
      List<ShardVectorStats> shards,
      int total,
      int successful,
      int failed,
      List<DefaultShardOperationFailedException> failures) {
    super(total, successful, failed, failures);
    this.level = level;
    this.shards =
        shards.stream()
            .sorted(
                Comparator.comparing(ShardVectorStats::shard)
                    .thenComparing(each -> each.primary() == false))
            .toList();
  }

  @Override
  public void writeTo(StreamOutput out) {
    TransportAction.localOnly();
  }

  @Override
  protected void addCustomXContentFields(XContentBuilder b, Params params) throws IOException {
    b.startObject("_all");
    writeTotals(b, shards);
    b.endObject();
    Map<String, List<ShardVectorStats>> indices = new TreeMap<>();
    for (ShardVectorStats shard : shards) {
      indices.computeIfAbsent(shard.shard().getIndexName(), name -> new ArrayList<>()).add(shard);
    }
    b.startObject("indices");
    for (var index : indices.entrySet()) {
      b.startObject(index.getKey());
      writeTotals(b, index.getValue());
      if (level != StatsRequest.Level.INDICES) {
        writeShards(b, index.getValue());
      }
      b.endObject();
    }
    b.endObject();
  }

  private void writeShards(XContentBuilder b, List<ShardVectorStats> ofIndex) throws IOException {
    b.startObject("shards");
    Integer open = null;
    for (ShardVectorStats shard : ofIndex) {
      Integer number = shard.shard().id();
      if (number.equals(open) == false) {
        if (open != null) {
          b.endArray();
        }
        b.startArray(number.toString());
        open = number;
      }
      b.startObject();
      b.startObject("routing").field("primary", shard.primary()).field("node", shard.node());
      b.endObject();
      writeTotals(b, List.of(shard));
      if (level == StatsRequest.Level.SEGMENTS) {
        b.startArray("segments");
        for (SegmentFacts segment : shard.segments()) {
          write(b, segment);
        }
        b.endArray();
      }
      b.endObject();
    }
    if (open != null) {
      b.endArray();
    }
    b.endObject();
  }

  private static void writeTotals(XContentBuilder b, List<ShardVectorStats> of) throws IOException {
    List<SegmentFacts> segments = of.stream().flatMap(each -> each.segments().stream()).toList();
    List<SegmentFacts> coded = segments.stream().filter(each -> each.codes() != null).toList();
    b.startObject("vectors");
    b.field("count", segments.stream().mapToLong(SegmentFacts::vectors).sum());
    b.field("coded", coded.stream().mapToLong(SegmentFacts::vectors).sum());
    b.field("segments", segments.size());
    b.field("coded_segments", coded.size());
    b.endObject();
    b.startObject("store");
    b.field("raw_in_bytes", segments.stream().mapToLong(SegmentFacts::rawBytes).sum());
    b.field("codes_in_bytes", coded.stream().mapToLong(each -> each.codes().codeBytes()).sum());
    b.field(
        "corrections_in_bytes",
        coded.stream().mapToLong(each -> each.codes().correctionBytes()).sum());
    b.field(
        "rotations_in_bytes", coded.stream().mapToLong(each -> each.codes().rotationBytes()).sum());
    b.field("bounds_in_bytes", segments.stream().mapToLong(SegmentFacts::boundBytes).sum());
    b.endObject();
    TrainingCounts training =
        of.stream()
            .map(ShardVectorStats::training)
            .reduce(TrainingCounts.NONE, TrainingCounts::plus);
    b.startObject("training");
    b.field("count", training.count()).field("time_in_millis", training.nanos() / 1_000_000);
    b.endObject();
    write(
        b, of.stream().map(ShardVectorStats::search).reduce(SearchCounts.NONE, SearchCounts::plus));
  }

  private static void write(XContentBuilder b, SearchCounts counts) throws IOException {
    b.startObject("search");
    b.field("searches", counts.searches());
    if (counts.predicted() > 0) {
      b.field("predicted_recall", counts.predictedRecall() / counts.predicted());
    }
    b.startObject("stages");
    for (var stage : new TreeMap<>(counts.stages()).entrySet()) {
      b.startObject(stage.getKey());
      b.field("runs", stage.getValue().runs());
      b.field("compared", stage.getValue().compared());
      b.field("kept", stage.getValue().kept());
      b.field("time_in_micros", stage.getValue().nanos() / 1000);
      b.endObject();
    }
    b.endObject();
    write(b, counts.findAlls());
    b.endObject();
    write(b, counts.liveRecall());
  }

  private static void write(XContentBuilder b, SearchCounts.FindAlls findAlls) throws IOException {
    b.startObject("find_all");
    b.field("searches", findAlls.searches()).field("fast", findAlls.fast());
    if (findAlls.fast() > 0) {
      b.field("expected_recall", findAlls.expectedRecall() / findAlls.fast());
    }
    b.field("skipped", findAlls.skipped()).field("verified", findAlls.verified());
    b.endObject();
  }

  private static void write(XContentBuilder b, LiveRecall recall) throws IOException {
    b.startObject("live_recall");
    b.field("sampled", recall.queries()).field("skipped", recall.skipped());
    if (recall.queries() > 0) {
      b.field("mean", recall.mean());
      b.startObject("confidence_95");
      b.field("low", recall.interval().low()).field("high", recall.interval().high());
      b.endObject();
      b.field("perfect", recall.perfect());
      b.field("histogram", recall.histogram());
      b.field("documents", recall.expected());
      b.field("lost", new TreeMap<>(recall.lost()));
    }
    b.endObject();
  }

  private static void write(XContentBuilder b, SegmentFacts segment) throws IOException {
    b.startObject();
    b.field("name", segment.segment()).field("field", segment.field());
    b.field("vectors", segment.vectors());
    if (segment.writtenMillis() >= 0) {
      long age = Math.max(0, System.currentTimeMillis() - segment.writtenMillis());
      b.field("age_in_millis", age);
    }
    b.field("raw_in_bytes", segment.rawBytes());
    if (segment.boundBytes() > 0) {
      b.field("bounds_in_bytes", segment.boundBytes());
    }
    if (segment.codes() != null) {
      SegmentFacts.Codes codes = segment.codes();
      b.startObject("codes");
      b.field("rotation", codes.rotation()).field("bits", codes.bits());
      b.field("codes_in_bytes", codes.codeBytes());
      b.field("corrections_in_bytes", codes.correctionBytes());
      b.field("rotation_in_bytes", codes.rotationBytes());
      b.field("trained_on", codes.trainedOn());
      b.field("trained_alignment", codes.trainedAlignment());
      b.field("alignment", codes.alignment());
      b.field("bit_balance", codes.bitBalance());
      if (codes.calibration() != null) {
        write(b, codes.calibration(), segment.vectors());
      }
      b.endObject();
    }
    b.endObject();
  }

  private static void write(XContentBuilder b, Calibration calibration, int vectors)
      throws IOException {
    b.startObject("calibration").field("held_out", calibration.queries());
    write(b, "hamming", calibration.byDistance(), vectors);
    write(b, "asymmetric", calibration.byEstimate(), vectors);
    b.endObject();
  }

  private static void write(XContentBuilder b, String stage, List<List<Float>> recalls, int vectors)
      throws IOException {
    b.startObject(stage);
    for (int h = 0; h < Calibration.HITS.size(); h++) {
      int hits = Calibration.HITS.get(h);
      b.startArray("recall_at_" + hits);
      for (int i = 0; i < Calibration.KEEPS && (long) hits << i < vectors; i++) {
        b.startObject().field("keep", hits << i).field("recall", recalls.get(h).get(i)).endObject();
      }
      b.endArray();
    }
    b.endObject();
  }
}
