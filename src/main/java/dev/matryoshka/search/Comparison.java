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
package dev.matryoshka.search;

import java.util.ArrayList;
import java.util.List;

/**
 * What a funnel and exact search made of one query on one searcher: facts, to be merged with those
 * of other searchers. Documents are numbered as in the searcher. Arrays belong to the receiver.
 *
 * @param accepted documents with a vector that deletions and filters leave
 * @param uncoded those of them that have no codes, where the first stage compares codes and they
 *     are enough to have some
 * @param truth the best of all accepted documents by exact search
 * @param outcomes what the funnel found, for each requested k in the order requested
 * @param rankCorrelation Spearman's ρ between the first stage's order and the exact one over its
 *     best {@value FirstStageRanking#CORRELATED} documents; NaN where there are fewer than two
 */
public record Comparison(
    int accepted, int uncoded, Truth truth, List<Outcome> outcomes, double rankCorrelation) {

  private static final float TIE = 1e-6f;

  public Comparison {
    outcomes = List.copyOf(outcomes);
  }

  /**
   * Whether two scores differ by no more than rounding: the same vector may get another last bit
   * when it is scored in other company.
   */
  public static boolean tied(float score, float other) {
    return Math.abs(score - other) <= TIE * Math.abs(other);
  }

  /** Of a searcher in which nothing can be found. */
  public static Comparison nothing(int[] ks) {
    List<Outcome> outcomes = new ArrayList<>();
    for (int k : ks) {
      outcomes.add(new Outcome(k, new int[0], new float[0], new byte[0], List.of()));
    }
    Truth truth = new Truth(new int[0], new float[0], new int[0]);
    return new Comparison(0, 0, truth, outcomes, Double.NaN);
  }

  /**
   * The exact answer, best first, ties to the lowest document. Longer than the largest k where
   * documents tie with the last one, by at most {@link FunnelProbe#MAX_TIES}.
   *
   * @param firstStageRanks the least {@code keep} of the first stage with which the document gets
   *     past it, at least 1
   */
  public record Truth(int[] docs, float[] scores, int[] firstStageRanks) {}

  /**
   * One run of the funnel.
   *
   * @param docs what it returned, best first: at most k
   * @param scores their exact scores
   * @param lostAt for the leading documents of the truth, up to the last that ties with its k-th,
   *     the index of the stage that dropped it, or {@link #FOUND}
   */
  public record Outcome(
      int k, int[] docs, float[] scores, byte[] lostAt, List<StageOutcome> stages) {

    /** Mark of a document that no stage dropped. */
    public static final byte FOUND = -1;

    public Outcome {
      stages = List.copyOf(stages);
    }
  }

  /**
   * What one stage did.
   *
   * @param label as in profiles
   * @param compared vectors it looked at
   * @param kept candidates that it left
   * @param nanos wall time
   */
  public record StageOutcome(String label, long compared, int kept, long nanos) {}
}
