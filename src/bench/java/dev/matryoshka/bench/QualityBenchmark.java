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

import dev.matryoshka.bench.QualityOptions.Part;
import dev.matryoshka.codec.CodecOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Measures what searches lose, and prints it as tables. Started by {@code bin/bench quality}. */
public final class QualityBenchmark {

  private static final List<Integer> DEPTHS = List.of(10, 100);

  private final QualityOptions options;
  private final PrintStream out;

  private QualityBenchmark(QualityOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /** Takes the options that {@code bin/bench quality --help} lists. */
  public static void main(String... args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    QualityOptions options;
    try {
      options = QualityOptions.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("bin/bench quality: " + e.getMessage());
      System.err.println("Try bin/bench quality --help.");
      System.exit(2);
      return;
    }
    QuietLogging.configure();
    new QualityBenchmark(options, out).run();
  }

  private void run() throws IOException {
    long start = System.nanoTime();
    EmbeddingSet set = EmbeddingSet.load(options);
    ExactSearch exact = new ExactSearch(set.documents(), set.queries());
    List<Survival> survivals = DEPTHS.stream().map(k -> new Survival(exact, k)).toList();
    out.println("\n## " + options.title());
    out.printf(
        Locale.ROOT,
        "%n%,d documents, %,d queries, %d dims%n",
        set.documents().length,
        set.queries().length,
        set.dims());
    if (wants(Part.FIRST_STAGE)) {
      new FirstStageReport(set, survivals, out).print(options.rotations(), options.bits());
    }
    if (wants(Part.NESTED)) {
      new NestedReport(set, survivals, out).print();
    }
    if (Stream.of(Part.END_TO_END, Part.MANY, Part.LOSS, Part.KEEPS, Part.TARGET, Part.CURVE)
        .anyMatch(this::wants)) {
      CodecOptions defaults = CodecOptions.defaults(set.dims());
      try (VectorIndex index = VectorIndex.build(set.documents(), defaults, 1)) {
        searchWith(index, set, exact, survivals);
      }
    }
    if (wants(Part.DRIFT)) {
      QualityOptions others = options.of(options.set().equals("debian") ? "scifact" : "debian");
      new DriftReport(set, EmbeddingSet.load(others), out).print();
    }
    out.printf(Locale.ROOT, "%n(%d s)%n", (System.nanoTime() - start) / 1_000_000_000L);
  }

  private void searchWith(
      VectorIndex index, EmbeddingSet set, ExactSearch exact, List<Survival> survivals)
      throws IOException {
    if (wants(Part.END_TO_END) || wants(Part.MANY)) {
      new EndToEndReport(set, exact, survivals, out).print(index, wants(Part.MANY));
    }
    if (wants(Part.LOSS)) {
      new LossReport(set, exact, survivals, out).print(index);
    }
    if (wants(Part.KEEPS)) {
      new KeepsReport(set, survivals, out).print(index);
    }
    if (wants(Part.TARGET)) {
      new TargetReport(set, survivals, out).print(index);
    }
    if (wants(Part.CURVE)) {
      printCurves(index, set, survivals);
    }
  }

  private void printCurves(VectorIndex index, EmbeddingSet set, List<Survival> survivals)
      throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream tables = new PrintStream(text, true, StandardCharsets.UTF_8);
    String name = "curve-" + options.set();
    if (options.queries().equals(options.set()) == false) {
      name += "-" + options.queries();
    }
    for (CurveReport.Picture picture :
        new CurveReport(set, survivals, tables).print(index, options.title())) {
      if (options.write()) {
        String file = "quality/" + name + "-" + picture.k() + ".svg";
        Files.writeString(GeneratedPart.RECALL.resolveSibling(file), picture.svg());
        tables.println("\n![Recall@" + picture.k() + " by time](" + file + ")");
      }
    }
    String report = text.toString(StandardCharsets.UTF_8);
    out.print(report);
    if (options.write()) {
      GeneratedPart.replace(GeneratedPart.RECALL, name, report);
    }
  }

  private boolean wants(Part part) {
    return options.parts().contains(part);
  }
}
