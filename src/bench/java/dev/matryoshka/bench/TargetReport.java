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
package dev.matryoshka.bench;

import static dev.matryoshka.bench.MarkdownTable.figure;

import dev.matryoshka.search.RecallTarget;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** What searches that aim at a recall achieve, and what they predict. */
final class TargetReport {

  private static final List<Double> TARGETS = List.of(0.9, 0.95, 0.99, 0.999);

  private final EmbeddingSet set;
  private final List<Survival> survivals;
  private final PrintStream out;

  TargetReport(EmbeddingSet set, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.survivals = survivals;
    this.out = out;
  }

  /**
   * Prints a table.
   *
   * @param index one segment with default options
   */
  void print(VectorIndex index) throws IOException {
    out.println("\n### Targets");
    MarkdownTable table =
        new MarkdownTable(
            List.of("k", "target", "recall, 5th percentile", "predicted", "estimated, scored"));
    for (Survival survival : survivals) {
      for (double target : TARGETS) {
        add(table, index, survival, new RecallTarget(target));
      }
    }
    table.print("Recall by target, documents on average", out);
  }

  private void add(MarkdownTable table, VectorIndex index, Survival survival, RecallTarget target)
      throws IOException {
    MeasuredRun aimed = MeasuredRun.aiming(index, set, survival, target);
    table.add(
        List.of(Integer.toString(survival.k()), String.format(Locale.ROOT, "%.3f", target.share())),
        List.of(
            aimed.recall(),
            figure(aimed.predicted()),
            Math.round(aimed.estimated()) + ", " + Math.round(aimed.scored())));
  }
}
