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
package dev.matryoshka.audit;

import dev.matryoshka.audit.QueryResult.LabelScores;
import java.util.List;

/**
 * How well an index answers, for each k. Shares are from 0 to 1, NaN where nothing was measured.
 *
 * @param queries how many were compared
 * @param documents vectors that an average query may find, after deletions and filters
 */
public record AuditReport(int queries, long documents, List<AtK> results) {

  /**
   * For one k.
   *
   * @param recall distribution over queries
   * @param perfect share of the queries that miss nothing
   * @param belowHalf share of those with a recall below one half
   * @param rankCorrelation distribution over queries
   * @param targets what the first stage would have to keep
   * @param labels means against labels, or null without any
   * @param labelled queries with labels
   * @param worst queries in ascending order of recall, those that miss something only
   * @param findings what a reader ought to know, in words; empty when all is well
   * @param details every query in the order asked
   */
  public record AtK(
      int k,
      Distribution recall,
      double perfect,
      double belowHalf,
      List<StageReport> stages,
      Distribution rankCorrelation,
      List<Bin> bins,
      List<CurvePoint> curve,
      List<Target> targets,
      LabelScores labels,
      int labelled,
      List<QueryResult> worst,
      List<ShardReport> shards,
      List<String> findings,
      List<QueryResult> details) {}

  /**
   * A stage, averaged over queries and summed over shards.
   *
   * @param lost documents lost in it, of all queries together
   * @param lostShare share of all expected documents
   */
  public record StageReport(
      String label, double compared, double kept, double micros, long lost, double lostShare) {}

  /**
   * Queries of a similar rank correlation.
   *
   * @param from inclusive
   * @param to exclusive, but 1 is in the last bin
   * @param recall their mean
   */
  public record Bin(double from, double to, int queries, double recall) {}

  /** Recall if the first stage kept {@code k1} in each shard. */
  public record CurvePoint(int k1, double recall) {}

  /**
   * What a recall would take.
   *
   * @param k1 documents for the first stage to keep in each shard
   * @param scored documents that the stages after it would look at, at most, in all shards
   */
  public record Target(double recall, int k1, long scored) {}

  /**
   * One shard for itself: its own best k.
   *
   * @param documents vectors that an average query may find there
   */
  public record ShardReport(
      String index,
      int shard,
      long documents,
      Distribution recall,
      Distribution rankCorrelation,
      List<StageReport> stages) {}
}
