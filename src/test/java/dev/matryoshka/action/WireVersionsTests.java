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

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.elasticsearch.action.support.IndicesOptions;
import org.elasticsearch.common.bytes.BytesArray;
import org.elasticsearch.common.bytes.BytesReference;
import org.elasticsearch.common.io.stream.BytesStreamOutput;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.search.internal.AliasFilter;
import org.elasticsearch.test.ESTestCase;

/**
 * Everything that goes from node to node arrives as it was sent, and is refused with a sentence
 * when a node with another release of the plugin has sent it.
 */
public class WireVersionsTests extends ESTestCase {

  private static BytesReference bytes(Writeable sent) throws IOException {
    try (BytesStreamOutput out = new BytesStreamOutput()) {
      sent.writeTo(out);
      return out.copyBytes();
    }
  }

  private static <T> T read(BytesReference bytes, Writeable.Reader<T> reader) throws IOException {
    try (StreamInput in = bytes.streamInput()) {
      T read = reader.read(in);
      assertEquals("bytes left", -1, in.read());
      return read;
    }
  }

  /** Changes the version, which is at the given distance from the start. */
  private static void expectRefusal(
      Writeable sent, int versionAt, Writeable.Reader<?> reader, String what) throws IOException {
    byte[] changed = BytesReference.toBytes(bytes(sent));
    changed[versionAt]++;
    IllegalArgumentException refusal =
        expectThrows(IllegalArgumentException.class, () -> read(new BytesArray(changed), reader));
    assertEquals(
        "["
            + what
            + "] has wire version ["
            + changed[versionAt]
            + "] but this node knows only ["
            + (changed[versionAt] == 2 ? "" : "1] to [")
            + (changed[versionAt] - 1)
            + "]; install the same release of the plugin on all nodes",
        refusal.getMessage());
  }

  /** How many bytes a request begins with that are Elasticsearch's. */
  private static int common(StatsRequest request) throws IOException {
    // What follows: version, length of the level, level.
    return bytes(request).length() - 2 - request.level().name().length();
  }

  public void testStatsRequest() throws IOException {
    StatsRequest request = new StatsRequest(randomFrom(StatsRequest.Level.values()), "a", "b");
    request.indicesOptions(IndicesOptions.lenientExpandOpen());
    StatsRequest read = read(bytes(request), StatsRequest::new);
    assertEquals(request.level(), read.level());
    assertArrayEquals(request.indices(), read.indices());
    assertEquals(request.indicesOptions(), read.indicesOptions());
    expectRefusal(request, common(request), StatsRequest::new, StatsAction.NAME);
  }

  public void testSampleSpec() throws IOException {
    SampleSpec spec =
        new SampleSpec(
            randomAlphaOfLength(5),
            between(1, 1000),
            randomLong(),
            randomFrom(SampleSpec.Source.values()));
    assertEquals(spec, read(bytes(spec), SampleSpec::read));
    expectRefusal(spec, 0, SampleSpec::read, SampleAction.NAME);
  }

  public void testSampleSpecOfTheFirstVersionDrawsDocuments() throws IOException {
    SampleSpec spec = new SampleSpec("f", 3, 4, SampleSpec.Source.QUERIES);
    byte[] sent = BytesReference.toBytes(bytes(spec));
    byte[] older = Arrays.copyOf(sent, sent.length - 1);
    older[0] = 1;
    assertEquals(
        new SampleSpec("f", 3, 4, SampleSpec.Source.DOCUMENTS),
        read(new BytesArray(older), SampleSpec::read));
  }

  public void testCompareSpec() throws IOException {
    CompareSpec spec = new CompareSpec("f", List.of(1, 2), null, null, List.of(), List.of());
    byte[] newer = BytesReference.toBytes(bytes(spec));
    newer[0]++;
    byte[] older = BytesReference.toBytes(bytes(spec));
    older[0]--;
    for (byte[] other : List.of(newer, older)) {
      IllegalArgumentException refusal =
          expectThrows(
              IllegalArgumentException.class, () -> read(new BytesArray(other), CompareSpec::read));
      assertEquals(
          "["
              + CompareAction.NAME
              + "] has wire version ["
              + other[0]
              + "] but this node knows only [2]; install the same release of the plugin on all"
              + " nodes",
          refusal.getMessage());
    }
  }

  public void testProgress() throws IOException {
    RecallTask.Progress progress = new RecallTask.Progress(between(1, 99), between(0, 99));
    assertEquals(progress, read(bytes(progress), RecallTask.Progress::read));
    expectRefusal(progress, 0, RecallTask.Progress::read, RecallAction.NAME);
  }

  public void testRequestsToShards() throws IOException {
    SampleSpec spec = new SampleSpec("f", 3, 4, SampleSpec.Source.DOCUMENTS);
    AllShardsRequest<SampleSpec> all = new AllShardsRequest<>(new RecallRequest("a", "b"), spec);
    AllShardsRequest<SampleSpec> readAll =
        read(bytes(all), in -> new AllShardsRequest<>(in, SampleSpec::read));
    assertEquals(spec, readAll.spec());
    assertArrayEquals(all.indices(), readAll.indices());
    ShardId shard = new ShardId("a", randomAlphaOfLength(8), between(0, 9));
    OneShardRequest<SampleSpec> one = new OneShardRequest<>(shard, all, AliasFilter.EMPTY);
    OneShardRequest<SampleSpec> readOne =
        read(bytes(one), in -> new OneShardRequest<>(in, SampleSpec::read));
    assertEquals(spec, readOne.spec());
    assertEquals(shard, readOne.shardId());
    assertEquals(AliasFilter.EMPTY, readOne.aliasFilter());
  }

  public void testAnswersOfShards() throws IOException {
    ShardId shard = new ShardId("a", randomAlphaOfLength(8), between(0, 9));
    SampleAnswer answer = new SampleAnswer(true, between(0, 99), List.of());
    OneShardResponse<SampleAnswer> read =
        read(
            bytes(new OneShardResponse<>(shard, answer)),
            in -> new OneShardResponse<>(in, SampleAnswer::read));
    assertEquals(shard, read.getShardId());
    assertEquals(answer, read.answer());
  }

  public void testWhatStaysOnItsNode() {
    expectThrows(AssertionError.class, () -> bytes(new RecallRequest("a")));
    expectThrows(
        AssertionError.class, () -> bytes(new RecallResponse("f", null, 1, 1, null, false)));
  }
}
