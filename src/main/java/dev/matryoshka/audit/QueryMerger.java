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
import dev.matryoshka.search.Comparison;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Merges what shards say of one query into the answer that their index would give: the best k of
 * all shards, exactly and by the funnel. Documents that tie with the last expected one are as good
 * as it, so that no tie counts as a loss. Stateless.
 */
public final class QueryMerger {

  /** What a document takes while answers are merged, roughly. */
  public static final int BYTES_PER_HIT = 40;

  private static final Comparator<Hit> BEST_FIRST =
      Comparator.comparingDouble((Hit hit) -> -hit.score)
          .thenComparingInt(Hit::shard)
          .thenComparingInt(Hit::doc);

  private QueryMerger() {}

  /**
   * A document of one shard.
   *
   * @param rank its first-stage rank; unknown, 0, of those that the funnel found
   * @param lostAt label of the stage that dropped it, or null
   */
  private record Hit(int shard, int doc, float score, int rank, String lostAt) {}

  /**
   * Merges the shards' facts for one k.
   *
   * @param k one of those compared for
   * @param grades of the query's ratings, in the order of {@link ShardComparison#ratedDocs}; empty
   *     without labels
   */
  public static QueryResult merge(
      String id, int k, List<ShardComparison> shards, List<Integer> grades) {
    List<Hit> truth = new ArrayList<>();
    List<Hit> found = new ArrayList<>();
    long accepted = 0;
    double correlation = 0;
    long correlated = 0;
    for (ShardComparison shard : shards) {
      Comparison comparison = shard.comparison();
      accepted += comparison.accepted();
      if (Double.isNaN(comparison.rankCorrelation()) == false) {
        correlation += comparison.rankCorrelation() * comparison.accepted();
        correlated += comparison.accepted();
      }
      addTruth(truth, shard, outcome(comparison, k));
      addFound(found, shard, outcome(comparison, k));
    }
    truth.sort(BEST_FIRST);
    found.sort(BEST_FIRST);
    int expected = (int) Math.min(k, accepted);
    float worst = expected == 0 ? 0 : truth.get(expected - 1).score;
    List<Hit> answer = found.subList(0, Math.min(k, found.size()));
    List<Hit> needed = needed(truth, expected, worst);
    Map<String, Integer> lost = new TreeMap<>();
    for (Hit hit : needed) {
      if (hit.lostAt != null) {
        lost.merge(hit.lostAt, 1, Integer::sum);
      }
    }
    return new QueryResult(
        id,
        expected,
        found(answer, truth, expected, worst),
        lost,
        ranks(truth, expected, worst),
        correlated == 0 ? Double.NaN : correlation / correlated,
        labels(k, shards, grades, answer, truth));
  }

  /** What was found out for a k. */
  static Comparison.Outcome outcome(Comparison comparison, int k) {
    for (Comparison.Outcome outcome : comparison.outcomes()) {
      if (outcome.k() == k) {
        return outcome;
      }
    }
    throw new IllegalArgumentException("no outcome for [k] of [" + k + "]");
  }

  private static void addTruth(List<Hit> hits, ShardComparison shard, Comparison.Outcome outcome) {
    Comparison.Truth truth = shard.comparison().truth();
    for (int i = 0; i < truth.docs().length; i++) {
      int stage = i < outcome.lostAt().length ? outcome.lostAt()[i] : Comparison.Outcome.FOUND;
      String lostAt =
          stage == Comparison.Outcome.FOUND ? null : outcome.stages().get(stage).label();
      hits.add(
          new Hit(
              shard.shard(),
              truth.docs()[i],
              truth.scores()[i],
              truth.firstStageRanks()[i],
              lostAt));
    }
  }

  private static void addFound(List<Hit> hits, ShardComparison shard, Comparison.Outcome outcome) {
    for (int i = 0; i < outcome.docs().length; i++) {
      hits.add(new Hit(shard.shard(), outcome.docs()[i], outcome.scores()[i], 0, null));
    }
  }

  /** A document that ties does not stand for a better one that is missing. */
  private static int found(List<Hit> answer, List<Hit> truth, int expected, float worst) {
    int better = better(truth, worst);
    int tied = (int) answer.stream().filter(hit -> Comparison.tied(hit.score, worst)).count();
    return Math.min(better, better(answer, worst)) + Math.min(expected - better, tied);
  }

  /** How many are better than the last expected document; hits come best first. */
  private static int better(List<Hit> hits, float worst) {
    int better = 0;
    while (better < hits.size()
        && hits.get(better).score > worst
        && Comparison.tied(hits.get(better).score, worst) == false) {
      better++;
    }
    return better;
  }

  /** Everything better than the last expected document, and of those that tie the kept first. */
  private static List<Hit> needed(List<Hit> truth, int expected, float worst) {
    List<Hit> needed = new ArrayList<>();
    List<Hit> tied = new ArrayList<>();
    for (Hit hit : truth) {
      if (Comparison.tied(hit.score, worst)) {
        tied.add(hit);
      } else if (hit.score > worst) {
        needed.add(hit);
      }
    }
    tied.sort(Comparator.comparing((Hit hit) -> hit.lostAt != null));
    needed.addAll(tied.subList(0, expected - needed.size()));
    return needed;
  }

  private static int[] ranks(List<Hit> truth, int expected, float worst) {
    int[] ranks = new int[expected];
    int better = better(truth, worst);
    for (int i = 0; i < better; i++) {
      ranks[i] = truth.get(i).rank;
    }
    int[] tied =
        truth.stream()
            .filter(hit -> Comparison.tied(hit.score, worst))
            .mapToInt(Hit::rank)
            .sorted()
            .limit(expected - better)
            .toArray();
    System.arraycopy(tied, 0, ranks, better, tied.length);
    return ranks;
  }

  private static LabelScores labels(
      int k,
      List<ShardComparison> shards,
      List<Integer> grades,
      List<Hit> answer,
      List<Hit> truth) {
    Map<Long, Integer> gradeOf = new HashMap<>();
    List<Integer> rated = new ArrayList<>();
    for (int i = 0; i < grades.size(); i++) {
      int copies = 0;
      for (ShardComparison shard : shards) {
        if (shard.ratedDocs().length > i && shard.ratedDocs()[i] >= 0) {
          gradeOf.put(key(shard.shard(), shard.ratedDocs()[i]), grades.get(i));
          copies++;
        }
      }
      // One that several shards have is as many documents; one that none has cannot be found.
      rated.addAll(Collections.nCopies(Math.max(1, copies), grades.get(i)));
    }
    int relevant = (int) rated.stream().filter(grade -> grade > 0).count();
    if (relevant == 0) {
      return null;
    }
    int[] ideal = rated.stream().mapToInt(grade -> -grade).sorted().map(g -> -g).toArray();
    double best = gain(ideal, k);
    int[] answered = graded(answer, k, gradeOf);
    int[] exact = graded(truth, k, gradeOf);
    return new LabelScores(
        (double) positive(answered) / relevant,
        (double) positive(exact) / relevant,
        gain(answered, k) / best,
        gain(exact, k) / best);
  }

  private static long key(int shard, int doc) {
    return (long) shard << Integer.SIZE | doc;
  }

  private static int[] graded(List<Hit> hits, int k, Map<Long, Integer> gradeOf) {
    return hits.stream()
        .limit(k)
        .mapToInt(hit -> gradeOf.getOrDefault(key(hit.shard, hit.doc), 0))
        .toArray();
  }

  private static long positive(int[] grades) {
    return Arrays.stream(grades).filter(grade -> grade > 0).count();
  }

  /** Discounted cumulative gain, with a gain of {@code 2^grade - 1}. */
  private static double gain(int[] grades, int k) {
    double gain = 0;
    for (int i = 0; i < Math.min(k, grades.length); i++) {
      gain += (Math.pow(2, grades[i]) - 1) / (Math.log(i + 2) / Math.log(2));
    }
    return gain;
  }
}
