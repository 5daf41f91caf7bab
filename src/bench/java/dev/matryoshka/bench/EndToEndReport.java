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

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What whole funnels find of what exact search finds, and of what people judged relevant. */
final class EndToEndReport {

  private static final int MANY = 8;
  private static final int DEPTH = 100;

  private final EmbeddingSet set;
  private final ExactSearch exact;
  private final List<Survival> survivals;
  private final PrintStream out;
  private final MarkdownTable recall =
      new MarkdownTable(
          List.of(
              "funnel",
              "segments (with codes)",
              "k",
              "mean",
              "median",
              "5th percentile",
              "share perfect",
              "share below 0.5"));
  private final MarkdownTable labels =
      new MarkdownTable(List.of("funnel", "segments", "recall@10", "recall@100", "nDCG@10"));

  EndToEndReport(EmbeddingSet set, ExactSearch exact, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.exact = exact;
    this.survivals = survivals;
    this.out = out;
  }

  /**
   * Prints recall and relevance.
   *
   * @param index one segment with default options
   * @param many whether to search several segments too, and an index of long codes and halves
   */
  void print(VectorIndex index, boolean many) throws IOException {
    out.println("\n### End to end");
    addExact();
    add("default", index, 1, null);
    add("hamming 256 keep 200, full", index, 1, scanAndRescore());
    if (many) {
      addMany();
      addLonger();
    }
    recall.print("Recall against exact search", out);
    if (set.relevant().isEmpty() == false) {
      labels.print("Against relevance labels", out);
    }
  }

  private void addMany() throws IOException {
    CodecOptions defaults = CodecOptions.defaults(set.dims());
    try (VectorIndex index = VectorIndex.build(set.documents(), defaults, MANY)) {
      add("default", index, MANY, null);
    }
  }

  private void addLonger() throws IOException {
    CodecOptions longer =
        new CodecOptions(VectorElement.BFLOAT16, CodecOptions.DEFAULT_ROTATION, List.of(256, 768));
    try (VectorIndex index = VectorIndex.build(set.documents(), longer, 1)) {
      add(
          "hamming 256 keep 2000, estimate 768 keep 500, half the dims keep 200, full; bfloat16",
          index,
          1,
          fourStages());
    }
  }

  private List<Stage> scanAndRescore() {
    return List.of(Stage.hamming(256, 200), Stage.floats(set.dims(), Stage.LAST));
  }

  private List<Stage> fourStages() {
    return List.of(
        Stage.hamming(256, 2000),
        Stage.asymmetric(768, 500),
        Stage.floats(set.dims() / 2, 200),
        Stage.floats(set.dims(), Stage.LAST));
  }

  private void addExact() {
    int[][] rankings = new int[exact.queries()][];
    Arrays.setAll(rankings, q -> exact.best(q, DEPTH));
    addLabels("exact search", "", rankings);
  }

  private void add(String name, VectorIndex index, int segments, List<Stage> stages)
      throws IOException {
    int[][] deep = null;
    for (Survival survival : survivals) {
      int k = survival.k();
      int[][] found = FunnelSearcher.search(index, set.queries(), k, stages);
      double[] shares = survival.distribution(found, k);
      List<String> figures = new ArrayList<>();
      figures.add(Integer.toString(k));
      figures.add(figure(Arrays.stream(shares).average().orElseThrow()));
      figures.add(figure(shares[shares.length / 2]));
      figures.add(figure(shares[shares.length / 20]));
      figures.add(figure(share(shares, 1, 2)));
      figures.add(figure(share(shares, 0, 0.5)));
      recall.add(List.of(name, segments + " (" + index.codedSegments() + ")"), figures);
      deep = found;
    }
    addLabels(name, Integer.toString(segments), deep);
  }

  /** The share of queries whose recall is at least the one number and below the other. */
  private static double share(double[] shares, double from, double below) {
    long count = Arrays.stream(shares).filter(share -> share >= from && share < below).count();
    return (double) count / shares.length;
  }

  private void addLabels(String name, String segments, int[][] rankings) {
    if (set.relevant().isEmpty()) {
      return;
    }
    Relevance relevance = new Relevance(set.relevant());
    labels.add(
        List.of(name, segments),
        List.of(
            figure(relevance.recall(rankings, 10)),
            figure(relevance.recall(rankings, DEPTH)),
            figure(relevance.ndcg(rankings, 10))));
  }
}
