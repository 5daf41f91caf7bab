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
import dev.matryoshka.monitor.SearchCounts;
import dev.matryoshka.monitor.TrainingCounts;
import dev.matryoshka.query.WireVersion;
import dev.matryoshka.search.SegmentFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.index.shard.ShardId;

/** The statistics of one shard copy. */
record ShardVectorStats(
    ShardId shard,
    String node,
    boolean primary,
    List<SegmentFacts> segments,
    SearchCounts search,
    TrainingCounts training)
    implements Writeable {

  /** The first version that counts searches for everything above a similarity. */
  private static final byte WITH_FIND_ALLS = 2;

  /** The first version that counts trainings. */
  private static final byte WITH_TRAINING = 3;

  /** The first version with what segments were calibrated to. */
  private static final byte WITH_CALIBRATION = 4;

  /** The first version that knows what bounds take. */
  private static final byte WITH_BOUNDS = 5;

  private static final byte VERSION = WITH_BOUNDS;

  ShardVectorStats {
    segments = List.copyOf(segments);
  }

  static ShardVectorStats read(StreamInput in) throws IOException {
    byte version = WireVersion.read(in, VERSION, StatsAction.NAME);
    ShardVectorStats stats = read(in, version);
    return version < WITH_BOUNDS ? stats : stats.withBounds(in.readVLongArray());
  }

  private static ShardVectorStats read(StreamInput in, byte version) throws IOException {
    return new ShardVectorStats(
        new ShardId(in),
        in.readString(),
        in.readBoolean(),
        in.readCollectionAsList(segment -> readSegment(segment, version)),
        SearchCounts.read(in, version >= WITH_FIND_ALLS),
        version >= WITH_TRAINING ? TrainingCounts.read(in) : TrainingCounts.NONE);
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    WireVersion.write(out, VERSION);
    shard.writeTo(out);
    out.writeString(node);
    out.writeBoolean(primary);
    out.writeCollection(segments, ShardVectorStats::writeSegment);
    search.writeTo(out);
    training.writeTo(out);
    out.writeVLongArray(segments.stream().mapToLong(SegmentFacts::boundBytes).toArray());
  }

  private ShardVectorStats withBounds(long[] bytes) {
    List<SegmentFacts> bounded = new ArrayList<>();
    for (SegmentFacts segment : segments) {
      bounded.add(segment.withBounds(bytes[bounded.size()]));
    }
    return new ShardVectorStats(shard, node, primary, bounded, search, training);
  }

  private static SegmentFacts readSegment(StreamInput in, byte version) throws IOException {
    return new SegmentFacts(
        in.readString(),
        in.readString(),
        in.readVInt(),
        in.readVLong(),
        0,
        in.readLong(),
        in.readBoolean() ? readCodes(in, version) : null);
  }

  private static void writeSegment(StreamOutput out, SegmentFacts facts) throws IOException {
    out.writeString(facts.segment());
    out.writeString(facts.field());
    out.writeVInt(facts.vectors());
    out.writeVLong(facts.rawBytes());
    out.writeLong(facts.writtenMillis());
    out.writeBoolean(facts.codes() != null);
    if (facts.codes() != null) {
      writeCodes(out, facts.codes());
    }
  }

  private static SegmentFacts.Codes readCodes(StreamInput in, byte version) throws IOException {
    return new SegmentFacts.Codes(
        in.readString(),
        in.readVInt(),
        in.readVLong(),
        in.readVLong(),
        in.readVLong(),
        in.readVInt(),
        in.readFloat(),
        in.readFloat(),
        in.readFloat(),
        version >= WITH_CALIBRATION && in.readBoolean() ? readCalibration(in) : null);
  }

  private static Calibration readCalibration(StreamInput in) throws IOException {
    return new Calibration(in.readVInt(), readRecalls(in), readRecalls(in));
  }

  private static List<List<Float>> readRecalls(StreamInput in) throws IOException {
    return in.readCollectionAsList(each -> each.readCollectionAsList(StreamInput::readFloat));
  }

  private static void writeRecalls(StreamOutput out, List<List<Float>> recalls) throws IOException {
    out.writeCollection(recalls, (to, each) -> to.writeCollection(each, StreamOutput::writeFloat));
  }

  private static void writeCodes(StreamOutput out, SegmentFacts.Codes codes) throws IOException {
    out.writeString(codes.rotation());
    out.writeVInt(codes.bits());
    out.writeVLong(codes.codeBytes());
    out.writeVLong(codes.correctionBytes());
    out.writeVLong(codes.rotationBytes());
    out.writeVInt(codes.trainedOn());
    out.writeFloat(codes.trainedAlignment());
    out.writeFloat(codes.alignment());
    out.writeFloat(codes.bitBalance());
    Calibration calibration = codes.calibration();
    out.writeBoolean(calibration != null);
    if (calibration != null) {
      out.writeVInt(calibration.queries());
      writeRecalls(out, calibration.byDistance());
      writeRecalls(out, calibration.byEstimate());
    }
  }
}
