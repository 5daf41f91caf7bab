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

import static org.hamcrest.Matchers.containsString;

import dev.matryoshka.codec.Calibration;
import dev.matryoshka.monitor.LiveRecall;
import dev.matryoshka.monitor.SearchCounts;
import dev.matryoshka.monitor.TrainingCounts;
import dev.matryoshka.search.SegmentFacts;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.elasticsearch.common.bytes.BytesArray;
import org.elasticsearch.common.bytes.BytesReference;
import org.elasticsearch.common.io.stream.BytesStreamOutput;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.test.AbstractWireSerializingTestCase;

/** What a shard tells of itself. */
public class ShardVectorStatsTests extends AbstractWireSerializingTestCase<ShardVectorStats> {

  @Override
  protected Writeable.Reader<ShardVectorStats> instanceReader() {
    return ShardVectorStats::read;
  }

  @Override
  protected ShardVectorStats createTestInstance() {
    return new ShardVectorStats(
        new ShardId("i", randomAlphaOfLength(8), between(0, 9)),
        randomAlphaOfLength(6),
        randomBoolean(),
        randomList(0, 3, ShardVectorStatsTests::segment),
        counts(),
        new TrainingCounts(between(1, 9), randomNonNegativeLong()));
  }

  private static SegmentFacts segment() {
    List<List<Float>> recalls =
        randomList(2, 2, () -> randomList(12, 12, ShardVectorStatsTests::randomFloat));
    Calibration calibration =
        randomBoolean() ? null : new Calibration(between(1, 99), recalls, List.copyOf(recalls));
    SegmentFacts.Codes codes =
        randomBoolean()
            ? null
            : new SegmentFacts.Codes(
                "itq",
                between(64, 512),
                randomNonNegativeLong(),
                randomNonNegativeLong(),
                randomNonNegativeLong(),
                between(0, 10_000),
                randomFloat(),
                randomBoolean() ? Float.NaN : randomFloat(),
                randomFloat(),
                calibration);
    return new SegmentFacts(
        randomAlphaOfLength(3),
        "f",
        between(0, 999),
        randomNonNegativeLong(),
        randomNonNegativeLong(),
        randomLong(),
        codes);
  }

  private static SearchCounts counts() {
    LiveRecall recall =
        new LiveRecall(
            between(0, 9),
            between(0, 9),
            randomDouble(),
            between(0, 9),
            between(0, 99),
            Map.of(randomAlphaOfLength(4), randomNonNegativeLong()),
            Collections.nCopies(10, (long) between(0, 9)));
    return new SearchCounts(
        between(0, 99),
        between(0, 9),
        randomDouble(),
        Map.of("s", new SearchCounts.StageCounts(1, between(0, 9), 3, 4)),
        recall,
        new SearchCounts.FindAlls(
            between(1, 99), between(0, 9), randomDouble(), between(0, 99), between(0, 99)));
  }

  /** What an older node would have sent. */
  private static byte[] sentBy(int version, ShardVectorStats stats, Writeable... unknown)
      throws IOException {
    byte[] bytes;
    try (BytesStreamOutput out = new BytesStreamOutput()) {
      stats.writeTo(out);
      int sent = (int) out.position();
      for (Writeable each : unknown) {
        each.writeTo(out);
      }
      int added = (int) out.position() - sent;
      bytes = Arrays.copyOf(BytesReference.toBytes(out.bytes()), sent - added);
    }
    bytes[0] = (byte) version;
    return bytes;
  }

  private static ShardVectorStats read(byte[] bytes) throws IOException {
    try (StreamInput in = new BytesArray(bytes).streamInput()) {
      ShardVectorStats read = ShardVectorStats.read(in);
      assertEquals(-1, in.read());
      return read;
    }
  }

  private static ShardVectorStats withoutCodes(ShardVectorStats stats) {
    List<SegmentFacts> segments =
        stats.segments().stream()
            .map(
                each ->
                    new SegmentFacts(
                        each.segment(),
                        each.field(),
                        each.vectors(),
                        each.rawBytes(),
                        0,
                        each.writtenMillis(),
                        null))
            .toList();
    return new ShardVectorStats(
        stats.shard(), stats.node(), stats.primary(), segments, stats.search(), stats.training());
  }

  /** A node that was upgraded first understands those that were not. */
  public void testFromAnOlderNode() throws IOException {
    // Segments with codes take more bytes since version 4.
    ShardVectorStats stats = withoutCodes(createTestInstance());
    Writeable bounds = out -> out.writeVLongArray(new long[stats.segments().size()]);
    assertEquals(stats, read(sentBy(4, stats, bounds)));
    assertEquals(stats, read(sentBy(3, stats, bounds)));
    ShardVectorStats second = read(sentBy(2, stats, stats.training(), bounds));
    assertEquals(stats.segments(), second.segments());
    assertEquals(stats.search(), second.search());
    assertEquals(TrainingCounts.NONE, second.training());
    ShardVectorStats first =
        read(sentBy(1, stats, stats.search().findAlls(), stats.training(), bounds));
    assertEquals(stats.shard(), first.shard());
    assertEquals(stats.segments(), first.segments());
    assertEquals(stats.search().liveRecall(), first.search().liveRecall());
    assertEquals(SearchCounts.NONE.findAlls(), first.search().findAlls());
    assertEquals(TrainingCounts.NONE, first.training());
    IllegalArgumentException e =
        expectThrows(IllegalArgumentException.class, () -> read(sentBy(6, stats)));
    assertThat(
        e.getMessage(),
        containsString("has wire version [6] but this node knows only [1] to [5]; install the"));
  }

  @Override
  protected ShardVectorStats mutateInstance(ShardVectorStats stats) {
    return randomBoolean()
        ? new ShardVectorStats(
            stats.shard(),
            stats.node() + "x",
            stats.primary(),
            stats.segments(),
            stats.search(),
            stats.training())
        : new ShardVectorStats(
            stats.shard(),
            stats.node(),
            stats.primary(),
            stats.segments(),
            stats.search(),
            new TrainingCounts(stats.training().count() + 1, 0));
  }
}
