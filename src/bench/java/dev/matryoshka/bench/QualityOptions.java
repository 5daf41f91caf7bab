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

import dev.matryoshka.rotation.RotationKind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The command line of {@code bin/bench quality}.
 *
 * @param data directory of the embeddings
 * @param set documents to search
 * @param queries set whose queries are run
 * @param head whether vectors go through the Matryoshka-trained head
 * @param limit most queries to run
 * @param write whether to write curves into the documentation
 */
record QualityOptions(
    Path data,
    String set,
    String queries,
    boolean head,
    List<RotationKind> rotations,
    List<Integer> bits,
    Set<Part> parts,
    int limit,
    boolean write) {

  /** A group of tables. */
  enum Part {
    FIRST_STAGE,
    NESTED,
    END_TO_END,
    MANY,
    LOSS,
    KEEPS,
    TARGET,
    CURVE,
    DRIFT;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Parses arguments.
   *
   * @throws IllegalArgumentException that says what is wrong with them
   */
  static QualityOptions parse(String... args) {
    Path data = null;
    String set = null;
    String queries = null;
    boolean head = false;
    List<RotationKind> rotations =
        List.of(
            RotationKind.NONE,
            RotationKind.RANDOM,
            RotationKind.PCA,
            RotationKind.PCA_RANDOM,
            RotationKind.ITQ);
    List<Integer> bits = List.of(64, 128, 256, 512);
    Set<Part> parts = EnumSet.complementOf(EnumSet.of(Part.CURVE));
    boolean write = false;
    int limit = Integer.MAX_VALUE;
    for (int i = 0; i < args.length; i++) {
      String option = args[i];
      if (option.equals("--head")) {
        head = true;
        continue;
      }
      if (option.equals("--write")) {
        write = true;
        continue;
      }
      if (List.of("--data", "--set", "--queries", "--rotations", "--bits", "--limit", "--parts")
              .contains(option)
          == false) {
        throw new IllegalArgumentException("unknown option [" + option + "]");
      }
      if (++i == args.length) {
        throw new IllegalArgumentException("[" + option + "] needs a value");
      }
      String value = args[i];
      switch (option) {
        case "--data" -> data = Path.of(value);
        case "--set" -> set = value;
        case "--queries" -> queries = value;
        case "--rotations" -> rotations = list(value).map(RotationKind::fromLabel).toList();
        case "--bits" -> bits = list(value).map(QualityOptions::bits).toList();
        case "--limit" -> limit = OptionValues.positive(option, value);
        default -> parts = Set.copyOf(list(value).map(QualityOptions::part).distinct().toList());
      }
    }
    if (data == null || set == null) {
      throw new IllegalArgumentException("[--data] and [--set] are needed");
    }
    queries = queries == null ? set : queries;
    OptionValues.checkReadable(data, set + "_docs.npy", queries + "_queries.npy");
    return new QualityOptions(data, set, queries, head, rotations, bits, parts, limit, write);
  }

  private static Stream<String> list(String value) {
    return Arrays.stream(value.split(","));
  }

  private static Part part(String name) {
    return Arrays.stream(Part.values())
        .filter(part -> part.label().equals(name))
        .findAny()
        .orElseThrow(() -> new IllegalArgumentException("unknown part [" + name + "]"));
  }

  private static int bits(String value) {
    int bits = OptionValues.positive("--bits", value);
    if (bits % Long.SIZE != 0) {
      throw new IllegalArgumentException("[--bits] takes multiples of 64, not [" + value + "]");
    }
    return bits;
  }

  /** The same options for the documents and queries of another set. */
  QualityOptions of(String otherSet) {
    return new QualityOptions(data, otherSet, otherSet, head, rotations, bits, parts, limit, write);
  }

  /** What the vectors are, for headings. */
  String title() {
    return set
        + (queries.equals(set) ? "" : ", queries of " + queries)
        + (head ? ", through the Matryoshka-trained head" : "");
  }
}
