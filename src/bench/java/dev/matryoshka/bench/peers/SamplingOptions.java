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

/**
 * The command line of {@code bin/bench sampling}.
 *
 * @param data directory of the embeddings
 * @param set documents and queries
 * @param docs how many documents to index
 * @param searches how many to measure each way
 * @param rate share of searches to sample
 * @param heap of the server
 * @param write whether to write the table into the documentation
 */
record SamplingOptions(
    Path data, String set, int docs, int searches, double rate, String heap, boolean write) {

  /**
   * Parses arguments.
   *
   * @throws IllegalArgumentException that says what is wrong with them
   */
  static SamplingOptions parse(String... args) {
    Path data = null;
    String set = "debian";
    int docs = 50_000;
    int searches = 10_000;
    double rate = 0.01;
    String heap = "2g";
    boolean write = false;
    for (int i = 0; i < args.length; i++) {
      String option = args[i];
      if (option.equals("--write")) {
        write = true;
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
        case "--searches" -> searches = OptionValues.positive(option, value);
        case "--rate" -> rate = rate(value);
        case "--heap" -> heap = PeerOptions.heap(value);
        default -> throw new IllegalArgumentException("unknown option [" + option + "]");
      }
    }
    if (data == null) {
      throw new IllegalArgumentException("[--data] is needed");
    }
    OptionValues.checkReadable(data, set + "_docs.npy", set + "_queries.npy");
    return new SamplingOptions(data, set, docs, searches, rate, heap, write);
  }

  private static double rate(String value) {
    if (value.matches("0[.][0-9]{1,6}|1") == false) {
      throw new IllegalArgumentException("[--rate] takes shares such as 0.01, not [" + value + "]");
    }
    return Double.parseDouble(value);
  }
}
