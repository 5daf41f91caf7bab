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

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a search with a {@link RecallTarget} allowed itself, and the recall that it expects of that.
 * Immutable.
 *
 * @param target what was asked for
 * @param predicted the share of the answer that it expects to have found, 0 to 1
 * @param budgets of the segments, in their order
 */
record SearchPlan(RecallTarget target, double predicted, List<Budget> budgets) {

  SearchPlan {
    budgets = List.copyOf(budgets);
  }

  /**
   * What was done in one segment.
   *
   * @param captured vectors that the first stage kept
   * @param estimated those of them that were estimated
   * @param scored those of them that were scored at full precision
   */
  record Budget(int captured, int estimated, int scored) {
    @Override
    public String toString() {
      return captured + ">" + estimated + ">" + scored;
    }
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "target_recall=%s predicted=%.4f", target.share(), predicted)
        + budgets.stream()
            .map(Budget::toString)
            .collect(Collectors.joining(" ", " captured>estimated>scored=[", "]"));
  }
}
