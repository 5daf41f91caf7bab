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

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.UnitLength;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.search.Cancellation;
import dev.matryoshka.search.FindAllQuery;
import dev.matryoshka.search.SimilarityThreshold;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.logging.Logger;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.search.vectors.DenseVectorQuery;

/**
 * Finds everything above a similarity with and without bounds, checks that nothing is lost, and
 * compares the time with that of scoring every vector. Started by {@code bin/bench find-all}.
 */
public final class FindAllBenchmark {

  private static final double[] SHARES = {0.0001, 0.002, 0.01, 0.05, 0.5, 1};

  private final FindAllOptions options;
  private final PrintStream out;

  private FindAllBenchmark(FindAllOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /** Takes the options that {@code bin/bench find-all --help} lists. */
  public static void main(String... args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    FindAllOptions options;
    try {
      options = FindAllOptions.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("bin/bench find-all: " + e.getMessage());
      System.err.println("Try bin/bench find-all --help.");
      System.exit(2);
      return;
    }
    LogConfigurator.configureESLogging();
    Configurator.setRootLevel(Level.OFF);
    Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
    new FindAllBenchmark(options, out).run();
  }

  private void run() throws IOException {
    EmbeddingSet set = EmbeddingSet.load(options.vectors());
    float[][] documents =
        options.interpolated() == 0
            ? set.documents()
            : interpolate(set.documents(), options.interpolated());
    List<Integer> bits = CodecOptions.defaultBits(set.dims());
    CodecOptions plain = new CodecOptions(VectorElement.FLOAT, CodecOptions.DEFAULT_ROTATION, bits);
    CodecOptions bounded =
        new CodecOptions(
            VectorElement.FLOAT, CodecOptions.DEFAULT_ROTATION, bits, options.boundDims());
    try (VectorIndex without = build(documents, plain);
        VectorIndex with = build(documents, bounded)) {
      out.printf(
          Locale.ROOT,
          "%n%s: %,d documents, %,d queries, %s, %d segments, %d threads, bound_dims %s: %.3f of"
              + " the bytes without%n",
          options.vectors().title(),
          documents.length,
          set.queries().length,
          options.similarity(),
          options.segments(),
          options.threads(),
          options.boundDims(),
          (double) with.bytes() / without.bytes());
      // The caller is one of the threads.
      try (ForkJoinPool helpers = new ForkJoinPool(Math.max(1, options.threads() - 1))) {
        Executor executor = options.threads() > 1 ? helpers : Runnable::run;
        measure(set.queries(), without.searcher(executor), with.searcher(executor));
      }
    }
  }

  private VectorIndex build(float[][] documents, CodecOptions codec) throws IOException {
    return VectorIndex.build(documents, codec, options.segments(), options.similarity());
  }

  /** Points between neighbours in the order of the set, so that speed has something to bite on. */
  private static float[][] interpolate(float[][] documents, int size) {
    Random random = new Random(17);
    float[][] blown = new float[size][];
    for (int i = 0; i < size; i++) {
      float[] from = documents[i % documents.length];
      float[] to = documents[random.nextInt(documents.length)];
      float share = i < documents.length ? 0 : 0.3f * random.nextFloat();
      blown[i] = new float[from.length];
      for (int d = 0; d < from.length; d++) {
        blown[i][d] = from[d] + share * (to[d] - from[d]);
      }
      UnitLength.scale(blown[i], 0, from.length);
    }
    return blown;
  }

  private void measure(float[][] queries, IndexSearcher without, IndexSearcher with)
      throws IOException {
    MarkdownTable table =
        new MarkdownTable(
            List.of(
                "share",
                "scoring all, ms",
                "find all, no bounds",
                "lossless",
                "fast",
                "verified, lossless",
                "fast",
                "recall, fast"));
    for (double share : SHARES) {
      long[] nanos = new long[4];
      long matching = 0;
      long found = 0;
      long[] verified = new long[2];
      int warmUp = share == SHARES[0] ? queries.length : 5;
      for (int q = -warmUp; q < queries.length; q++) {
        float[] target = queries[Math.floorMod(q, queries.length)];
        SimilarityThreshold threshold = threshold(without, target, share);
        // Warm-up runs do not count.
        long[] took = q < 0 ? new long[4] : nanos;
        Query exhaustive = new DenseVectorQuery.Floats(target, VectorIndex.FIELD, null);
        Hits all = Hits.timed(without, exhaustive, threshold.minScore(), took, 0);
        Hits truth = Hits.timed(without, query(target, threshold, false), 0, took, 1);
        Query lossless = with.rewrite(query(target, threshold, false));
        Query fast = with.rewrite(query(target, threshold, true));
        Hits proven = Hits.timed(with, lossless, 0, took, 2);
        Hits likely = Hits.timed(with, fast, 0, took, 3);
        truth.check(all, threshold.minScore());
        if (truth.equals(proven) == false) {
          throw new IllegalStateException("lost something: query " + q + ", " + threshold);
        }
        if (q >= 0) {
          matching += truth.size();
          found += truth.common(likely);
          verified[0] += counter(lossless);
          verified[1] += counter(fast);
        }
      }
      double all = (double) queries.length * without.getIndexReader().maxDoc();
      table.add(
          List.of(String.format(Locale.ROOT, "%s %%", 100 * share)),
          List.of(
              String.format(Locale.ROOT, "%.2f", nanos[0] / 1e6 / queries.length),
              times(nanos, 1),
              times(nanos, 2),
              times(nanos, 3),
              MarkdownTable.figure(verified[0] / all),
              MarkdownTable.figure(verified[1] / all),
              String.format(Locale.ROOT, "%.5f", (double) found / matching)));
    }
    table.print("How many times as fast as scoring every vector", out);
  }

  private static String times(long[] nanos, int way) {
    return String.format(Locale.ROOT, "%.2f", (double) nanos[0] / nanos[way]);
  }

  private static long counter(Query query) {
    return Long.parseLong(query.toString().replaceAll(".*verified=(\\d+).*", "$1"));
  }

  /** The similarity of the last document of the best share. */
  private SimilarityThreshold threshold(IndexSearcher searcher, float[] target, double share)
      throws IOException {
    Query exhaustive = new DenseVectorQuery.Floats(target, VectorIndex.FIELD, null);
    Hits hits = Hits.timed(searcher, exhaustive, 0, new long[1], 0);
    float[] sorted = hits.scores();
    Arrays.sort(sorted);
    int rank = (int) Math.max(1, Math.round(share * sorted.length));
    float score = sorted[sorted.length - rank];
    VectorSimilarityFunction function = options.similarity();
    float similarity =
        switch (function) {
          case COSINE, DOT_PRODUCT -> Math.clamp(2 * score - 1, -1, 1);
          case MAXIMUM_INNER_PRODUCT -> score < 1 ? 1 - 1 / score : score - 1;
          case EUCLIDEAN -> (float) Math.sqrt(1 / score - 1);
        };
    return new SimilarityThreshold(function, similarity);
  }

  private static FindAllQuery query(float[] target, SimilarityThreshold threshold, boolean fast) {
    return new FindAllQuery(
        VectorIndex.FIELD,
        target,
        threshold,
        fast ? FindAllQuery.Mode.FAST : FindAllQuery.Mode.LOSSLESS,
        Long.MAX_VALUE,
        Cancellation.NONE);
  }
}
