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

import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Recall by how many candidates the stages of the default funnel keep. */
final class KeepsReport {

  private final EmbeddingSet set;
  private final List<Survival> survivals;
  private final PrintStream out;

  KeepsReport(EmbeddingSet set, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.survivals = survivals;
    this.out = out;
  }

  /**
   * Prints tables.
   *
   * @param index one segment with default options
   */
  void print(VectorIndex index) throws IOException {
    out.println("\n### Keeps of the default stages");
    int bits = index.codes(0).bits();
    for (Survival survival : survivals) {
      boolean few = survival.k() <= 10;
      printTable(
          index,
          bits,
          survival,
          few ? List.of(1000, 2000, 3000, 4000, 6000) : List.of(3000, 4000, 6000, 8000),
          few ? List.of(200, 300, 500, 800, 1200) : List.of(800, 1000, 1400, 2000));
    }
  }

  private void printTable(
      VectorIndex index, int bits, Survival survival, List<Integer> scanned, List<Integer> rescored)
      throws IOException {
    int k = survival.k();
    List<String> header = new ArrayList<>(List.of("scan keeps"));
    rescored.forEach(keep -> header.add("estimate keeps " + keep));
    MarkdownTable table = new MarkdownTable(header);
    for (int scan : scanned) {
      List<String> cells = new ArrayList<>();
      for (int rescore : rescored) {
        List<Stage> stages =
            List.of(
                Stage.hamming(bits, scan),
                Stage.asymmetric(bits, rescore),
                Stage.floats(set.dims(), Stage.LAST));
        double[] shares =
            survival.distribution(FunnelSearcher.search(index, set.queries(), k, stages), k);
        cells.add(
            figure(Arrays.stream(shares).average().orElseThrow())
                + " / "
                + figure(shares[shares.length / 20]));
      }
      table.add(List.of(Integer.toString(scan)), cells);
    }
    table.print("Recall@" + k + ", mean / 5th percentile", out);
  }
}
