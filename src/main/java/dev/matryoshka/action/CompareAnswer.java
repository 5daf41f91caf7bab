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

import dev.matryoshka.search.Comparison;
import java.io.IOException;
import java.util.List;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;

/**
 * What one shard found out about a batch of queries, in their order.
 *
 * @param mapped whether its index has the field at all
 */
record CompareAnswer(boolean mapped, List<Facts> facts) implements Writeable {

  CompareAnswer {
    facts = List.copyOf(facts);
  }

  /**
   * One query.
   *
   * @param ratedDocs for each rating the document in this shard, or -1
   */
  record Facts(Comparison comparison, int[] ratedDocs) {}

  static CompareAnswer read(StreamInput in) throws IOException {
    return new CompareAnswer(
        in.readBoolean(),
        in.readCollectionAsList(each -> new Facts(readComparison(each), each.readIntArray())));
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeBoolean(mapped);
    out.writeCollection(
        facts,
        (stream, each) -> {
          write(stream, each.comparison);
          stream.writeIntArray(each.ratedDocs);
        });
  }

  private static Comparison readComparison(StreamInput in) throws IOException {
    int accepted = in.readVInt();
    int uncoded = in.readVInt();
    Comparison.Truth truth =
        new Comparison.Truth(in.readVIntArray(), in.readFloatArray(), in.readVIntArray());
    return new Comparison(
        accepted,
        uncoded,
        truth,
        in.readCollectionAsList(CompareAnswer::readOutcome),
        in.readDouble());
  }

  private static void write(StreamOutput out, Comparison comparison) throws IOException {
    out.writeVInt(comparison.accepted());
    out.writeVInt(comparison.uncoded());
    out.writeVIntArray(comparison.truth().docs());
    out.writeFloatArray(comparison.truth().scores());
    out.writeVIntArray(comparison.truth().firstStageRanks());
    out.writeCollection(comparison.outcomes(), CompareAnswer::writeOutcome);
    out.writeDouble(comparison.rankCorrelation());
  }

  private static Comparison.Outcome readOutcome(StreamInput in) throws IOException {
    return new Comparison.Outcome(
        in.readVInt(),
        in.readVIntArray(),
        in.readFloatArray(),
        in.readByteArray(),
        in.readCollectionAsList(
            each ->
                new Comparison.StageOutcome(
                    each.readString(), each.readVLong(), each.readVInt(), each.readVLong())));
  }

  private static void writeOutcome(StreamOutput out, Comparison.Outcome outcome)
      throws IOException {
    out.writeVInt(outcome.k());
    out.writeVIntArray(outcome.docs());
    out.writeFloatArray(outcome.scores());
    out.writeByteArray(outcome.lostAt());
    out.writeCollection(
        outcome.stages(),
        (stream, stage) -> {
          stream.writeString(stage.label());
          stream.writeVLong(stage.compared());
          stream.writeVInt(stage.kept());
          stream.writeVLong(stage.nanos());
        });
  }
}
