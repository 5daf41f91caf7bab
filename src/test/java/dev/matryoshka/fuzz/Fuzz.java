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
package dev.matryoshka.fuzz;

import dev.matryoshka.terminal.ProgressBar;
import java.io.IOException;
import java.util.Locale;

/** {@code bin/fuzz}: see {@link FuzzRun}. */
public final class Fuzz {

  private static final long MEGABYTE = 1 << 20;

  /** Beyond this, in bytes, heap is said to grow. */
  static final long HEAP_GROWTH = 32 * MEGABYTE;

  private Fuzz() {}

  /**
   * Runs the command.
   *
   * @param args --requests N, --seed S, --first N, each optional
   */
  public static void main(String[] args) throws IOException {
    int requests = 20_000;
    long seed = System.nanoTime() % 1_000_000_000;
    long first = 0;
    for (int i = 0; i < args.length; i += 2) {
      long value = Long.parseLong(args[i + 1]);
      switch (args[i]) {
        case "--requests" -> requests = Math.toIntExact(value);
        case "--seed" -> seed = value;
        case "--first" -> first = value;
        default -> throw new IllegalArgumentException("unknown option [" + args[i] + "]");
      }
    }
    print("Seed %d, requests %d to %d%n", seed, first, first + requests - 1);
    FuzzRun.Result result;
    try (ProgressBar bar = new ProgressBar(System.err, "Requests", requests, 0)) {
      result = FuzzRun.runOnNewServer(seed, first, requests, () -> bar.advance(1));
    }
    print("Answers by status: %s%n", result.statuses());
    print("Open search contexts at the end: %d%n", result.openContexts());
    print(
        "Heap in use after collection: %d MB, %d MB before%n",
        result.heapAfter() / MEGABYTE, result.heapBefore() / MEGABYTE);
    print("Requests in the log: %s%n", result.requestLogged() ? "yes" : "none");
    print("Faults of the server: %d%n", result.faults().size());
    result.faults().forEach(fault -> print("%n%s%n", fault));
    boolean good =
        result.faults().isEmpty()
            && result.openContexts() == 0
            && result.requestLogged() == false
            && result.heapAfter() - result.heapBefore() <= HEAP_GROWTH;
    System.exit(good ? 0 : 1);
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }
}
