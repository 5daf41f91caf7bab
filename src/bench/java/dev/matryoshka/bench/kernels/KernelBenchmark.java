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
package dev.matryoshka.bench.kernels;

import dev.matryoshka.bench.GeneratedPart;
import dev.matryoshka.bench.Machine;
import dev.matryoshka.bench.MarkdownTable;
import dev.matryoshka.bench.QuietLogging;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Times the loops in which searches and merges spend their time, each beside the way that suggests
 * itself and, where the machine's memory is the limit, beside a loop that only reads. Started by
 * {@code bin/bench kernels}.
 *
 * <p>Everything runs once in each round, in a JVM of its own, the ways of one kernel one after the
 * other: figures are medians over all rounds, ratios medians of the rounds' ratios, so that noise
 * that comes and goes hits both sides.
 */
public final class KernelBenchmark {

  private final KernelOptions options;
  private final PrintStream progress;
  private final Map<String, List<Double>> nanos = new HashMap<>();

  private KernelBenchmark(KernelOptions options, PrintStream progress) {
    this.options = options;
    this.progress = progress;
  }

  /** Takes the options that {@code bin/bench kernels --help} lists. */
  public static void main(String... args) throws IOException, RunnerException {
    KernelOptions options;
    try {
      options = KernelOptions.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("bin/bench kernels: " + e.getMessage());
      System.err.println("Try bin/bench kernels --help.");
      System.exit(2);
      return;
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    QuietLogging.configure();
    new KernelBenchmark(options, System.err).run(out);
  }

  private void run(PrintStream out) throws IOException, RunnerException {
    List<Kernel> kernels = options.kernels();
    try {
      prepare(kernels);
      for (int round = 0; round < options.rounds(); round++) {
        for (Kernel kernel : kernels) {
          measure(kernel, round);
        }
      }
    } finally {
      CodeFiles.deleteAll();
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    report(kernels, new PrintStream(text, true, StandardCharsets.UTF_8));
    String report = text.toString(StandardCharsets.UTF_8);
    out.print(report);
    if (options.write()) {
      GeneratedPart.replace(GeneratedPart.PERFORMANCE, "kernels", report);
    }
  }

  private void prepare(List<Kernel> kernels) throws IOException {
    CodeFiles.deleteAll();
    int[] sizes =
        kernels.stream()
            .mapToInt(kernel -> kernel.params().getOrDefault("codes", EstimateKernels.CODES))
            .distinct()
            .toArray();
    for (int codes : sizes) {
      progress.printf(Locale.ROOT, "Writing %,d codes%n", codes);
      CodeFiles.write(codes);
    }
  }

  private void measure(Kernel kernel, int round) throws RunnerException {
    List<String> methods = new ArrayList<>(List.of(kernel.ours(), kernel.naive()));
    methods.addAll(kernel.limits());
    for (String method : methods) {
      List<Double> rounds = nanos.computeIfAbsent(key(kernel, method), key -> new ArrayList<>());
      // What only reads does so at every k1.
      if (rounds.size() > round) {
        continue;
      }
      rounds.add(median(method, kernel.params()));
      progress.printf(
          Locale.ROOT,
          "round %d of %d: %s, %s: %.3f ms%n",
          round + 1,
          options.rounds(),
          kernel.label(),
          method.substring(method.indexOf('.') + 1),
          rounds.getLast() / 1e6);
    }
  }

  private static String key(Kernel kernel, String method) {
    return method
        + (kernel.limits().contains(method) ? kernel.params().get("codes") : kernel.params());
  }

  /** The median time of a call, in nanoseconds. */
  private double median(String method, Map<String, Integer> params) throws RunnerException {
    ChainedOptionsBuilder jmh =
        new OptionsBuilder()
            .include("^" + Pattern.quote(getClass().getPackageName() + "." + method) + "$")
            .forks(1)
            .warmupIterations(options.quick() ? 1 : 2)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(options.quick() ? 1 : 3)
            .measurementTime(TimeValue.seconds(1))
            .shouldFailOnError(true);
    params.forEach((name, value) -> jmh.param(name, value.toString()));
    OutputFormat nothing =
        OutputFormatFactory.createFormatInstance(
            new PrintStream(OutputStream.nullOutputStream()), VerboseMode.SILENT);
    return new Runner(jmh.build(), nothing)
        .runSingle()
        .getPrimaryResult()
        .getStatistics()
        .getPercentile(50);
  }

  private void report(List<Kernel> kernels, PrintStream out) {
    out.printf("%n%s%n", Machine.describe());
    MarkdownTable table =
        new MarkdownTable(
            List.of(
                "kernel",
                "median",
                "rate",
                "naive way",
                "times the naive way",
                "limit",
                "share of the limit"));
    for (Kernel kernel : kernels) {
      double ours = over(kernel, times -> times.ours);
      double limit = over(kernel, times -> times.limit);
      table.add(
          List.of(kernel.label()),
          List.of(
              millis(ours),
              rate(kernel, ours),
              millis(over(kernel, times -> times.naive)),
              String.format(Locale.ROOT, "%.1f×", over(kernel, times -> times.naive / times.ours)),
              kernel.limits().isEmpty() ? "" : millis(limit),
              kernel.limits().isEmpty()
                  ? ""
                  : String.format(
                      Locale.ROOT, "%.0f %%", 100 * over(kernel, t -> t.limit / t.ours))));
    }
    table.print("Kernels, one thread", out);
  }

  /** What one round measured, in nanoseconds. */
  private record Times(double ours, double naive, double limit) {}

  /** The median over the rounds. */
  private double over(Kernel kernel, ToDoubleFunction<Times> figure) {
    double[] figures = new double[options.rounds()];
    for (int round = 0; round < figures.length; round++) {
      double limit = Double.NaN;
      for (String method : kernel.limits()) {
        double time = nanos.get(key(kernel, method)).get(round);
        limit = limit <= time ? limit : time;
      }
      figures[round] =
          figure.applyAsDouble(
              new Times(
                  nanos.get(key(kernel, kernel.ours())).get(round),
                  nanos.get(key(kernel, kernel.naive())).get(round),
                  limit));
    }
    Arrays.sort(figures);
    return (figures[(figures.length - 1) / 2] + figures[figures.length / 2]) / 2;
  }

  private static String millis(double nanos) {
    return String.format(Locale.ROOT, nanos < 1e6 ? "%.3f ms" : "%.2f ms", nanos / 1e6);
  }

  private static String rate(Kernel kernel, double nanos) {
    if (kernel.group().equals("scan")) {
      return String.format(Locale.ROOT, "%.1f GB/s", kernel.items() * CodeFiles.BYTES / nanos);
    }
    return String.format(Locale.ROOT, "%,.2fM %s/s", kernel.items() / nanos * 1000, kernel.unit());
  }
}
