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

import dev.matryoshka.bench.OptionValues;
import java.util.List;
import java.util.stream.Stream;

/**
 * The command line of {@code bin/bench kernels}.
 *
 * @param kernels what to measure
 * @param rounds how often
 * @param quick whether to measure briefly
 * @param write whether to write the table into the documentation
 */
record KernelOptions(List<Kernel> kernels, int rounds, boolean quick, boolean write) {

  private static final int MOST = 10_000_000;
  private static final int QUICK_MOST = 1_000_000;

  /**
   * Parses arguments.
   *
   * @throws IllegalArgumentException that says what is wrong with them
   */
  static KernelOptions parse(String... args) {
    boolean quick = false;
    boolean write = false;
    int rounds = 0;
    List<String> groups = null;
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--quick" -> quick = true;
        case "--write" -> write = true;
        case "--rounds", "--kernels" -> {
          if (i + 1 == args.length) {
            throw new IllegalArgumentException("[" + args[i] + "] needs a value");
          }
          String value = args[i + 1];
          if (args[i].equals("--kernels")) {
            groups = List.of(value.split(","));
          } else {
            rounds = OptionValues.positive(args[i], value);
          }
          i++;
        }
        default -> throw new IllegalArgumentException("unknown option [" + args[i] + "]");
      }
    }
    return new KernelOptions(
        select(Kernel.all(quick ? QUICK_MOST : MOST), groups),
        rounds > 0 ? rounds : quick ? 1 : 3,
        quick,
        write);
  }

  private static List<Kernel> select(List<Kernel> all, List<String> groups) {
    if (groups == null) {
      return all;
    }
    Stream<String> known = all.stream().map(Kernel::group);
    for (String group : groups) {
      if (all.stream().noneMatch(kernel -> kernel.group().equals(group))) {
        throw new IllegalArgumentException(
            "unknown kernel [" + group + "], known are " + known.distinct().toList());
      }
    }
    return all.stream().filter(kernel -> groups.contains(kernel.group())).toList();
  }
}
