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

import java.util.Map;

/**
 * How well the funnel answered one query for one k.
 *
 * @param id names the query in reports
 * @param expected documents that exact search finds: k, or as many as there are
 * @param found how many of them, or of those that tie with the last one, the funnel finds
 * @param lost documents lost, by the label of the stage that dropped them; sums to expected - found
 * @param firstStageRanks for each expected document the least {@code keep} of the first stage that
 *     lets it pass, in no order
 * @param rankCorrelation Spearman's ρ of the first stage's order with the exact one, or NaN
 * @param labels against relevance labels, or null without any
 */
public record QueryResult(
    String id,
    int expected,
    int found,
    Map<String, Integer> lost,
    int[] firstStageRanks,
    double rankCorrelation,
    LabelScores labels) {

  /** Share of the expected documents that was found; 1 where there is nothing to find. */
  public double recall() {
    return expected == 0 ? 1 : (double) found / expected;
  }

  /**
   * Against labels, 0 to 1 each.
   *
   * @param recall share of the relevant documents among the funnel's k
   * @param exactRecall the same of exact search
   * @param ndcg normalised discounted cumulative gain of the funnel's k
   * @param exactNdcg the same of exact search
   */
  public record LabelScores(double recall, double exactRecall, double ndcg, double exactNdcg) {}
}
