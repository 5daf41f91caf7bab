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

import dev.matryoshka.audit.AuditReport.AtK;
import dev.matryoshka.audit.QueryResult.LabelScores;
import dev.matryoshka.search.Comparison;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Gathers the results of one audit query by query and reports on them. Holds four bytes for each
 * expected document; what shards say of a query can be forgotten once it is added. Not thread-safe.
 */
public final class AuditTally {

  /** Recalls that the report says the price of. */
  private static final double[] TARGETS = {0.9, 0.95, 0.99, 0.999};

  private static final int BINS_PER_UNIT = 10;

  private final List<TallyAtK> tallies = new ArrayList<>();
  private final int worst;
  private final Set<Integer> shards = new HashSet<>();
  private int queries;
  private long accepted;
  private long uncoded;

  /** A shard by the names that users know. */
  public record ShardName(String index, int shard) {}

  private static final class TallyAtK {
    final int k;
    final List<QueryResult> results = new ArrayList<>();
    final StageTally stages = new StageTally();
    final Map<Integer, ShardTally> shards = new TreeMap<>();

    TallyAtK(int k) {
      this.k = k;
    }
  }

  private static final class ShardTally {
    ShardName name;
    long accepted;
    final List<QueryResult> results = new ArrayList<>();
    final StageTally stages = new StageTally();
  }

  /**
   * @param ks in the order to report
   * @param worst how many of the worst queries to name
   */
  public AuditTally(int[] ks, int worst) {
    for (int k : ks) {
      tallies.add(new TallyAtK(k));
    }
    this.worst = worst;
  }

  /**
   * Adds one query.
   *
   * @param facts of every shard
   * @param names of the shards, by their number in the facts
   * @param grades of the query's ratings; empty without
   */
  public void add(
      String id, List<ShardComparison> facts, List<ShardName> names, List<Integer> grades) {
    queries++;
    for (ShardComparison fact : facts) {
      accepted += fact.comparison().accepted();
      uncoded += fact.comparison().uncoded();
      if (fact.comparison().accepted() > 0) {
        shards.add(fact.shard());
      }
    }
    for (TallyAtK tally : tallies) {
      for (ShardComparison fact : facts) {
        Comparison.Outcome outcome = QueryMerger.outcome(fact.comparison(), tally.k);
        tally.stages.ran(outcome.stages());
        ShardTally shard = tally.shards.computeIfAbsent(fact.shard(), number -> new ShardTally());
        shard.name = names.get(fact.shard());
        shard.accepted += fact.comparison().accepted();
        shard.stages.ran(outcome.stages());
        QueryResult own = QueryMerger.merge(id, tally.k, List.of(fact), List.of());
        shard.stages.lost(own);
        shard.results.add(withoutRanks(own));
      }
      QueryResult result = QueryMerger.merge(id, tally.k, facts, grades);
      tally.stages.lost(result);
      tally.results.add(result);
    }
  }

  private static QueryResult withoutRanks(QueryResult result) {
    return new QueryResult(
        result.id(),
        result.expected(),
        result.found(),
        Map.of(),
        new int[0],
        result.rankCorrelation(),
        null);
  }

  public AuditReport report() {
    long documents = queries == 0 ? 0 : accepted / queries;
    List<AtK> results = tallies.stream().map(tally -> report(tally, documents)).toList();
    return new AuditReport(queries, documents, results);
  }

  private AtK report(TallyAtK tally, long documents) {
    List<QueryResult> results = tally.results;
    boolean coded = uncoded < accepted;
    // What exact search would have to keep says nothing of what codes would.
    RecallCurve curve = new RecallCurve(coded ? results : List.of());
    Distribution recall = distribution(results, QueryResult::recall);
    List<AuditReport.StageReport> stages = tally.stages.report(queries);
    List<AuditReport.Target> targets = targets(curve, tally.k, documents);
    List<QueryResult> labelled = results.stream().filter(each -> each.labels() != null).toList();
    return new AtK(
        tally.k,
        recall,
        share(results, result -> result.found() == result.expected()),
        share(results, result -> result.recall() < 0.5),
        stages,
        distribution(results, QueryResult::rankCorrelation),
        bins(results),
        curve.isEmpty() ? List.of() : curve.points(tally.k),
        targets,
        labelled.isEmpty() ? null : means(labelled),
        labelled.size(),
        results.stream()
            .filter(result -> result.found() < result.expected())
            .sorted(Comparator.comparingDouble(QueryResult::recall))
            .limit(worst)
            .toList(),
        tally.shards.values().stream().map(this::report).toList(),
        Findings.of(
            tally.k,
            recall,
            stages,
            targets,
            curve,
            documents,
            queries == 0 ? 0 : uncoded / queries,
            documents / Math.max(1, shards.size())),
        List.copyOf(results));
  }

  private AuditReport.ShardReport report(ShardTally shard) {
    return new AuditReport.ShardReport(
        shard.name.index(),
        shard.name.shard(),
        shard.accepted / shard.results.size(),
        distribution(shard.results, QueryResult::recall),
        distribution(shard.results, QueryResult::rankCorrelation),
        shard.stages.report(shard.results.size()));
  }

  private static Distribution distribution(
      List<QueryResult> results, ToDoubleFunction<QueryResult> of) {
    return Distribution.of(results.stream().mapToDouble(of).toArray());
  }

  private static double share(List<QueryResult> results, Predicate<QueryResult> of) {
    return (double) results.stream().filter(of).count() / results.size();
  }

  private List<AuditReport.Target> targets(RecallCurve curve, int k, long documents) {
    List<AuditReport.Target> targets = new ArrayList<>();
    for (int i = 0; i < TARGETS.length && curve.isEmpty() == false; i++) {
      // No stage may keep fewer than are to be found.
      int k1 = Math.max(k, curve.leastKeep(TARGETS[i]));
      long scored = Math.min(documents, (long) k1 * shards.size());
      targets.add(new AuditReport.Target(TARGETS[i], k1, scored));
    }
    return targets;
  }

  private static List<AuditReport.Bin> bins(List<QueryResult> results) {
    Map<Integer, List<QueryResult>> bins = new TreeMap<>();
    for (QueryResult result : results) {
      if (Double.isNaN(result.rankCorrelation()) == false) {
        int bin = (int) Math.floor(result.rankCorrelation() * BINS_PER_UNIT);
        bins.computeIfAbsent(Math.min(bin, BINS_PER_UNIT - 1), key -> new ArrayList<>())
            .add(result);
      }
    }
    List<AuditReport.Bin> reports = new ArrayList<>();
    bins.forEach(
        (bin, members) ->
            reports.add(
                new AuditReport.Bin(
                    (double) bin / BINS_PER_UNIT,
                    (bin + 1.0) / BINS_PER_UNIT,
                    members.size(),
                    distribution(members, QueryResult::recall).mean())));
    return reports;
  }

  private static LabelScores means(List<QueryResult> labelled) {
    return new LabelScores(
        distribution(labelled, result -> result.labels().recall()).mean(),
        distribution(labelled, result -> result.labels().exactRecall()).mean(),
        distribution(labelled, result -> result.labels().ndcg()).mean(),
        distribution(labelled, result -> result.labels().exactNdcg()).mean());
  }
}
