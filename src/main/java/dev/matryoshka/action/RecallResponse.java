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

import dev.matryoshka.audit.AuditReport;
import dev.matryoshka.audit.AuditReport.AtK;
import dev.matryoshka.audit.Distribution;
import dev.matryoshka.audit.QueryResult;
import dev.matryoshka.audit.QueryResult.LabelScores;
import java.io.IOException;
import java.util.List;
import org.elasticsearch.action.ActionResponse;
import org.elasticsearch.action.support.TransportAction;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.xcontent.ToXContentObject;
import org.elasticsearch.xcontent.XContentBuilder;

/** The report of an audit. Numbers that were not measured are null. Stays on its node. */
public final class RecallResponse extends ActionResponse implements ToXContentObject {

  private final String field;
  private final Long seed;
  private final int shards;
  private final long tookMillis;
  private final AuditReport report;
  private final boolean details;

  /**
   * @param seed of the sample; null where queries were given
   */
  RecallResponse(
      String field,
      @Nullable Long seed,
      int shards,
      long tookMillis,
      AuditReport report,
      boolean details) {
    this.field = field;
    this.seed = seed;
    this.shards = shards;
    this.tookMillis = tookMillis;
    this.report = report;
    this.details = details;
  }

  /** The audited field. */
  public String field() {
    return field;
  }

  /** The figures. */
  public AuditReport report() {
    return report;
  }

  @Override
  public void writeTo(StreamOutput out) {
    TransportAction.localOnly();
  }

  @Override
  public XContentBuilder toXContent(XContentBuilder b, Params params) throws IOException {
    b.startObject();
    b.field("took", tookMillis);
    b.startObject("_shards");
    b.field("total", shards).field("successful", shards).field("failed", 0);
    b.endObject();
    b.field("field", field);
    b.field("queries", report.queries());
    if (seed != null) {
      b.field("seed", seed);
    }
    b.field("documents", report.documents());
    b.startArray("results");
    for (AtK result : report.results()) {
      write(b, result);
    }
    b.endArray();
    return b.endObject();
  }

  private void write(XContentBuilder b, AtK result) throws IOException {
    b.startObject();
    b.field("k", result.k());
    write(b, "recall", result.recall(), result);
    b.field("findings", result.findings());
    writeStages(b, result.stages());
    write(b, "rank_correlation", result.rankCorrelation(), null);
    b.startArray("recall_by_rank_correlation");
    for (AuditReport.Bin bin : result.bins()) {
      b.startObject().field("from", bin.from()).field("to", bin.to());
      b.field("queries", bin.queries());
      number(b, "recall", bin.recall());
      b.endObject();
    }
    b.endArray();
    b.startArray("curve");
    for (AuditReport.CurvePoint point : result.curve()) {
      b.startObject().field("k1", point.k1());
      number(b, "recall", point.recall());
      b.endObject();
    }
    b.endArray();
    b.startArray("targets");
    for (AuditReport.Target target : result.targets()) {
      b.startObject().field("recall", target.recall()).field("k1", target.k1());
      b.field("documents_scored", target.scored()).endObject();
    }
    b.endArray();
    if (result.labels() != null) {
      b.startObject("labels").field("queries", result.labelled());
      write(b, result.labels());
      b.endObject();
    }
    writeQueries(b, "worst", result.worst());
    writeShards(b, result.shards());
    if (details) {
      writeQueries(b, "details", result.details());
    }
    b.endObject();
  }

  private static void write(
      XContentBuilder b, String name, Distribution distribution, @Nullable AtK shares)
      throws IOException {
    b.startObject(name);
    number(b, "mean", distribution.mean());
    number(b, "median", distribution.median());
    number(b, "p5", distribution.p5());
    number(b, "min", distribution.min());
    if (shares != null) {
      number(b, "perfect", shares.perfect());
      number(b, "below_half", shares.belowHalf());
    }
    b.endObject();
  }

  private static void writeStages(XContentBuilder b, List<AuditReport.StageReport> stages)
      throws IOException {
    b.startArray("stages");
    for (AuditReport.StageReport stage : stages) {
      b.startObject().field("stage", stage.label());
      number(b, "compared", stage.compared());
      number(b, "kept", stage.kept());
      number(b, "micros", stage.micros());
      b.field("lost", stage.lost());
      number(b, "lost_share", stage.lostShare());
      b.endObject();
    }
    b.endArray();
  }

  private static void writeShards(XContentBuilder b, List<AuditReport.ShardReport> shards)
      throws IOException {
    b.startArray("shards");
    for (AuditReport.ShardReport shard : shards) {
      b.startObject().field("index", shard.index()).field("shard", shard.shard());
      b.field("documents", shard.documents());
      write(b, "recall", shard.recall(), null);
      write(b, "rank_correlation", shard.rankCorrelation(), null);
      writeStages(b, shard.stages());
      b.endObject();
    }
    b.endArray();
  }

  private static void writeQueries(XContentBuilder b, String name, List<QueryResult> queries)
      throws IOException {
    b.startArray(name);
    for (QueryResult query : queries) {
      b.startObject().field("id", query.id());
      number(b, "recall", query.recall());
      b.field("expected", query.expected()).field("found", query.found());
      b.startObject("lost");
      for (var stage : query.lost().entrySet()) {
        b.field(stage.getKey(), stage.getValue());
      }
      b.endObject();
      number(b, "rank_correlation", query.rankCorrelation());
      if (query.labels() != null) {
        b.startObject("labels");
        write(b, query.labels());
        b.endObject();
      }
      b.endObject();
    }
    b.endArray();
  }

  private static void write(XContentBuilder b, LabelScores labels) throws IOException {
    number(b, "recall", labels.recall());
    number(b, "exact_recall", labels.exactRecall());
    number(b, "ndcg", labels.ndcg());
    number(b, "exact_ndcg", labels.exactNdcg());
  }

  /** JSON has no NaN. */
  private static void number(XContentBuilder b, String name, double value) throws IOException {
    if (Double.isNaN(value)) {
      b.nullField(name);
    } else {
      b.field(name, value);
    }
  }
}
