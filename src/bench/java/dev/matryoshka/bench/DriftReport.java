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
import dev.matryoshka.codec.RotationId;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What happens to quality when segments of two distributions merge, each with its own rotation,
 * against an index that saw both from the start.
 */
final class DriftReport {

  private static final List<Integer> CUTOFFS = List.of(20, 100, 200, 1000);
  private static final int K = 10;

  private final EmbeddingSet one;
  private final EmbeddingSet other;
  private final PrintStream out;

  DriftReport(EmbeddingSet one, EmbeddingSet other, PrintStream out) {
    this.one = one;
    this.other = other;
    this.out = out;
  }

  /** As many documents and queries of the one set as of the other. */
  void print() throws IOException {
    out.println("\n### A merge of two distributions");
    int documents = Math.min(one.documents().length, other.documents().length);
    int queryCount = Math.min(one.queries().length, other.queries().length);
    float[][] left = Arrays.copyOf(one.documents(), documents);
    float[][] right = Arrays.copyOf(other.documents(), documents);
    float[][] both = concat(left, right);
    float[][] queries =
        concat(
            Arrays.copyOf(one.queries(), queryCount), Arrays.copyOf(other.queries(), queryCount));
    Survival survival = new Survival(new ExactSearch(both, queries), K);
    CodecOptions options = CodecOptions.defaults(one.dims());
    MarkdownTable table =
        new MarkdownTable(List.of("index", "compared by", "k1=20", "k1=100", "k1=200", "k1=1000"));
    try (VectorIndex scratch = VectorIndex.build(both, options, 1)) {
      add(table, "trained from scratch", scratch, queries, survival);
    }
    VectorIndex leftIndex = VectorIndex.build(left, options, 1);
    VectorIndex rightIndex = VectorIndex.build(right, options, 1);
    List<RotationId> before =
        List.of(leftIndex.codes(0).rotationId(), rightIndex.codes(0).rotationId());
    try (VectorIndex merged = VectorIndex.join(options, true, leftIndex, rightIndex)) {
      boolean inherited = before.contains(merged.codes(0).rotationId());
      String name = "merged, " + (inherited ? "rotation inherited" : "rotation refitted");
      add(table, name, merged, queries, survival);
    }
    table.print(
        "Share of the exact top "
            + K
            + " kept; "
            + documents
            + " documents and "
            + queryCount
            + " queries of each set",
        out);
  }

  private static float[][] concat(float[][] first, float[][] second) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(float[][]::new);
  }

  private static void add(
      MarkdownTable table, String name, VectorIndex index, float[][] queries, Survival survival)
      throws IOException {
    CodeRankings rankings = new CodeRankings(index.codes(0), queries, CUTOFFS.getLast());
    table.add(List.of(name, "Hamming"), figures(survival.means(rankings.hamming(0), CUTOFFS)));
    table.add(List.of(name, "estimate"), figures(survival.means(rankings.asymmetric(0), CUTOFFS)));
  }
}
