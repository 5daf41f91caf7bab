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

import dev.matryoshka.audit.QueryMerger;
import dev.matryoshka.query.QueryStages;
import dev.matryoshka.query.WireVersion;
import dev.matryoshka.search.FunnelProbe;
import dev.matryoshka.search.RecallTarget;
import java.io.IOException;
import java.util.List;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.query.QueryBuilder;

/**
 * A batch of queries to compare.
 *
 * @param ks numbers of documents to find
 * @param stages the funnel, or null for one that aims at a recall
 * @param recall what to aim at, or null for the default
 * @param filters what documents must match
 */
record CompareSpec(
    String field,
    List<Integer> ks,
    @Nullable QueryStages stages,
    @Nullable RecallTarget recall,
    List<QueryBuilder> filters,
    List<AuditQuery> queries)
    implements Writeable {

  /** The first version whose answers count documents without codes; older ones are not answered. */
  private static final byte VERSION = 2;

  /** Of a document of the true answer: its number, score and rank. */
  private static final int BYTES_PER_TRUTH = 12;

  /** Of one that the funnel found: its number and score, and where one of the answer was lost. */
  private static final int BYTES_PER_FOUND = 9;

  CompareSpec {
    ks = List.copyOf(ks);
    filters = List.copyOf(filters);
    queries = List.copyOf(queries);
  }

  static CompareSpec read(StreamInput in) throws IOException {
    WireVersion.readOnly(in, VERSION, CompareAction.NAME);
    return new CompareSpec(
        in.readString(),
        in.readCollectionAsList(StreamInput::readVInt),
        in.readOptionalWriteable(QueryStages::read),
        readRecall(in),
        in.readNamedWriteableCollectionAsList(QueryBuilder.class),
        in.readCollectionAsList(AuditQuery::read));
  }

  private static RecallTarget readRecall(StreamInput in) throws IOException {
    Double share = in.readOptionalDouble();
    return share == null ? null : new RecallTarget(share);
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    WireVersion.write(out, VERSION);
    out.writeString(field);
    out.writeCollection(ks, StreamOutput::writeVInt);
    out.writeOptionalWriteable(stages);
    out.writeOptionalDouble(recall == null ? null : recall.share());
    out.writeNamedWriteableCollection(filters);
    out.writeCollection(queries);
  }

  int largestK() {
    return ks.stream().mapToInt(Integer::intValue).max().orElseThrow();
  }

  /** Most heap that what one shard answers takes, while the answers of all are put together. */
  long answerBytes() {
    long truth = (long) BYTES_PER_TRUTH * (largestK() + FunnelProbe.MAX_TIES);
    long found = (long) BYTES_PER_FOUND * ks.stream().mapToInt(Integer::intValue).sum();
    // Of both, one query at a time.
    long merged = 2L * QueryMerger.BYTES_PER_HIT * largestK();
    return queries.size() * (truth + found) + merged;
  }

  int[] kArray() {
    return ks.stream().mapToInt(Integer::intValue).toArray();
  }
}
