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
package dev.matryoshka.bench.peers;

import dev.matryoshka.bench.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The command line of {@code bin/bench peers}.
 *
 * @param data directory of the embeddings
 * @param set documents and queries
 * @param docs how many documents to index
 * @param queries most queries to run
 * @param peers fields to compare
 * @param parts what to measure
 * @param heap of the server
 * @param seconds that each run of steady indexing lasts
 * @param write whether to write the tables into the documentation
 */
record PeerOptions(
    Path data,
    String set,
    int docs,
    int queries,
    List<Peer> peers,
    Set<Part> parts,
    String heap,
    int seconds,
    boolean write) {

  /** What can be measured besides indexing, which always is. */
  enum Part {
    LATENCY,
    THROUGHPUT,
    CURVE,
    REFRESH;

    static Part of(String label) {
      for (Part part : values()) {
        if (part.name().toLowerCase(Locale.ROOT).equals(label)) {
          return part;
        }
      }
      throw new IllegalArgumentException("unknown part [" + label + "]");
    }
  }

  /**
   * Parses arguments.
   *
   * @throws IllegalArgumentException that says what is wrong with them
   */
  static PeerOptions parse(String... args) {
    Path data = null;
    String set = "debian";
    int docs = 0;
    int queries = 500;
    List<Peer> peers = List.of(Peer.values());
    Set<Part> parts = EnumSet.of(Part.LATENCY, Part.THROUGHPUT, Part.CURVE);
    String heap = "2g";
    int seconds = 30;
    boolean write = false;
    for (int i = 0; i < args.length; i++) {
      String option = args[i];
      if (option.equals("--write")) {
        write = true;
        continue;
      }
      if (option.equals("--refresh")) {
        parts = EnumSet.of(Part.REFRESH);
        continue;
      }
      if (++i == args.length) {
        throw new IllegalArgumentException("[" + option + "] needs a value");
      }
      String value = args[i];
      switch (option) {
        case "--data" -> data = Path.of(value);
        case "--set" -> set = value;
        case "--docs" -> docs = OptionValues.positive(option, value);
        case "--queries" -> queries = OptionValues.positive(option, value);
        case "--fields" -> peers = Arrays.stream(value.split(",")).map(Peer::of).toList();
        case "--parts" -> {
          List<Part> named = new ArrayList<>();
          if (value.equals("build") == false) {
            named.addAll(Arrays.stream(value.split(",")).map(Part::of).toList());
          }
          parts = Set.copyOf(named);
        }
        case "--heap" -> heap = heap(value);
        case "--seconds" -> seconds = OptionValues.positive(option, value);
        default -> throw new IllegalArgumentException("unknown option [" + option + "]");
      }
    }
    if (data == null || docs == 0) {
      throw new IllegalArgumentException("[--data] and [--docs] are needed");
    }
    OptionValues.checkReadable(data, set + "_docs.npy", set + "_queries.npy");
    return new PeerOptions(data, set, docs, queries, peers, parts, heap, seconds, write);
  }

  /** A size as the JVM takes it. */
  static String heap(String value) {
    if (value.matches("[1-9][0-9]*[mg]") == false) {
      throw new IllegalArgumentException("[--heap] takes sizes such as 2g, not [" + value + "]");
    }
    return value;
  }
}
