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

import static dev.matryoshka.bench.MarkdownTable.figures;

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.SegmentCodes;
import dev.matryoshka.codec.VectorElement;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** What nested codes keep: their short first level over a share of all documents, and the whole. */
final class NestedReport {

  private static final List<List<Integer>> LEVELS =
      List.of(List.of(64, 256), List.of(128, 256), List.of(256, 512), List.of(256, 768));
  private static final List<Double> SHARES = List.of(0.01, 0.02, 0.05, 0.1, 0.2);

  private final EmbeddingSet set;
  private final List<Survival> survivals;
  private final PrintStream out;

  NestedReport(EmbeddingSet set, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.survivals = survivals;
    this.out = out;
  }

  void print() throws IOException {
    out.println("\n### Nested codes, ITQ");
    List<String> wholeHeader = new ArrayList<>(List.of("levels", "compared by", "top"));
    FirstStageReport.CUTOFFS.forEach(cutoff -> wholeHeader.add("k1=" + cutoff));
    MarkdownTable whole = new MarkdownTable(wholeHeader);
    List<String> shortHeader = new ArrayList<>(List.of("levels", "first level", "top"));
    SHARES.forEach(share -> shortHeader.add("best " + Math.round(share * 100) + " %"));
    MarkdownTable first = new MarkdownTable(shortHeader);
    for (List<Integer> levels : LEVELS) {
      if (levels.getLast() > set.dims()) {
        continue;
      }
      CodecOptions options =
          new CodecOptions(VectorElement.FLOAT, CodecOptions.DEFAULT_ROTATION, levels);
      try (VectorIndex index = VectorIndex.build(set.documents(), options, 1)) {
        SegmentCodes codes = index.codes(0);
        addWhole(whole, levels, codes);
        addFirst(first, levels, codes);
      }
    }
    whole.print("Share of the exact top k kept by the whole code", out);
    first.print("Share of the exact top k kept by the first level, Hamming", out);
  }

  private void addWhole(MarkdownTable table, List<Integer> levels, SegmentCodes codes)
      throws IOException {
    List<Integer> cutoffs = FirstStageReport.CUTOFFS;
    CodeRankings rankings = new CodeRankings(codes, set.queries(), cutoffs.getLast());
    int last = levels.size() - 1;
    int[][] hamming = rankings.hamming(last);
    int[][] asymmetric = rankings.asymmetric(last);
    for (Survival survival : survivals) {
      String top = Integer.toString(survival.k());
      table.add(
          List.of(levels.toString(), "Hamming, weighed", top),
          figures(survival.means(hamming, cutoffs)));
      table.add(
          List.of(levels.toString(), "estimate", top),
          figures(survival.means(asymmetric, cutoffs)));
    }
  }

  private void addFirst(MarkdownTable table, List<Integer> levels, SegmentCodes codes)
      throws IOException {
    List<Integer> cutoffs =
        SHARES.stream().map(share -> (int) Math.round(share * codes.size())).toList();
    int[][] hamming = new CodeRankings(codes, set.queries(), cutoffs.getLast()).hamming(0);
    for (Survival survival : survivals) {
      table.add(
          List.of(levels.toString(), levels.getFirst() + " bits", Integer.toString(survival.k())),
          figures(survival.means(hamming, cutoffs)));
    }
  }
}
