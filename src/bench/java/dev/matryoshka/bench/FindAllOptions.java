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

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.index.VectorSimilarityFunction;

/**
 * The command line of {@code bin/bench find-all}.
 *
 * @param vectors what to load
 * @param boundDims the option of the index
 * @param interpolated documents to blow the set up to, 0 to leave it as it is
 * @param threads that search the parts of a segment
 */
record FindAllOptions(
    QualityOptions vectors,
    List<Integer> boundDims,
    VectorSimilarityFunction similarity,
    int segments,
    int interpolated,
    int threads) {

  private static final List<String> OWN =
      List.of("--bound", "--similarity", "--segments", "--size", "--threads");

  /**
   * Parses arguments.
   *
   * @throws IllegalArgumentException that says what is wrong with them
   */
  static FindAllOptions parse(String... args) {
    List<String> others = new ArrayList<>();
    List<Integer> boundDims = List.of(256, 512);
    VectorSimilarityFunction similarity = VectorSimilarityFunction.COSINE;
    int segments = 1;
    int interpolated = 0;
    int threads = Runtime.getRuntime().availableProcessors();
    for (int i = 0; i < args.length; i++) {
      if (OWN.contains(args[i]) == false) {
        others.add(args[i]);
        continue;
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("[" + args[i] + "] needs a value");
      }
      String value = args[++i];
      switch (args[i - 1]) {
        case "--bound" ->
            boundDims = Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
        case "--similarity" ->
            similarity = VectorSimilarityFunction.valueOf(value.toUpperCase(Locale.ROOT));
        case "--segments" -> segments = Integer.parseInt(value);
        case "--threads" -> threads = Integer.parseInt(value);
        default -> interpolated = Integer.parseInt(value);
      }
    }
    QualityOptions vectors = QualityOptions.parse(others.toArray(String[]::new));
    return new FindAllOptions(vectors, boundDims, similarity, segments, interpolated, threads);
  }

  Path data() {
    return vectors.data();
  }
}
