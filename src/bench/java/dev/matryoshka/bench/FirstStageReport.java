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
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** What the first stage keeps of the exact best, for every rotation and code length. */
final class FirstStageReport {

  static final List<Integer> CUTOFFS = List.of(20, 50, 100, 200, 500, 1000, 2000);
  private static final int FLOAT_DIMS = 64;

  private final EmbeddingSet set;
  private final List<Survival> survivals;
  private final PrintStream out;

  FirstStageReport(EmbeddingSet set, List<Survival> survivals, PrintStream out) {
    this.set = set;
    this.survivals = survivals;
    this.out = out;
  }

  /** Prints a table for each code length and k, and one for float stages. */
  void print(List<RotationKind> rotations, List<Integer> lengths) throws IOException {
    out.println("\n### First stage");
    for (int bits : lengths) {
      List<MarkdownTable> tables = tables("codes", "compared by");
      add(tables, List.of("sign of the plain prefix", "Hamming"), plainSigns(bits));
      for (RotationKind kind : rotations) {
        CodecOptions options = new CodecOptions(VectorElement.FLOAT, kind, List.of(bits));
        try (VectorIndex index = VectorIndex.build(set.documents(), options, 1)) {
          CodeRankings rankings = new CodeRankings(index.codes(0), set.queries(), depth());
          add(tables, List.of(kind.label(), "Hamming"), rankings.hamming(0));
          add(tables, List.of(kind.label(), "estimate"), rankings.asymmetric(0));
        }
      }
      print(tables, bits + " bits");
    }
    List<MarkdownTable> tables = tables("floats", "compared by");
    FloatRankings floats = new FloatRankings(set, depth());
    add(tables, List.of("plain prefix", "cosine"), floats.prefix(FLOAT_DIMS));
    add(tables, List.of("pca", "inner product"), floats.principalComponents(FLOAT_DIMS));
    print(tables, FLOAT_DIMS + " float dimensions");
  }

  private static int depth() {
    return CUTOFFS.getLast();
  }

  private int[][] plainSigns(int bits) {
    PlainSigns signs = new PlainSigns(set.documents(), bits);
    int[][] rankings = new int[set.queries().length][];
    for (int q = 0; q < rankings.length; q++) {
      rankings[q] = signs.nearest(set.queries()[q], depth());
    }
    return rankings;
  }

  private List<MarkdownTable> tables(String... labels) {
    List<String> header = new ArrayList<>(List.of(labels));
    CUTOFFS.forEach(cutoff -> header.add("k1=" + cutoff));
    List<MarkdownTable> tables = new ArrayList<>();
    survivals.forEach(survival -> tables.add(new MarkdownTable(header)));
    return tables;
  }

  private void add(List<MarkdownTable> tables, List<String> labels, int[][] rankings) {
    for (int i = 0; i < tables.size(); i++) {
      tables.get(i).add(labels, figures(survivals.get(i).means(rankings, CUTOFFS)));
    }
  }

  private void print(List<MarkdownTable> tables, String what) {
    for (int i = 0; i < tables.size(); i++) {
      String title = what + ", share of the exact top " + survivals.get(i).k() + " kept";
      tables.get(i).print(title, out);
    }
  }
}
