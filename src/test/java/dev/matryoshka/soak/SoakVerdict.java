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
package dev.matryoshka.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Says what is wrong with the minutes of a soak. The first third of them is for getting warm; what
 * grows is found by comparing the last third with the second. What should be given back at once,
 * such as contexts, must be gone at the end of every minute.
 */
final class SoakVerdict {

  private static final double HEAP_SHARE = 0.10;
  private static final double HEAP_SLACK = 8 << 20;
  private static final double COUNT_SHARE = 0.05;
  private static final double COUNT_SLACK = 8;
  private static final double P99_FACTOR = 1.5;

  private SoakVerdict() {}

  /**
   * Judges.
   *
   * @param minutes in their order, at least three
   * @return what is wrong, in words; empty when nothing is
   */
  static List<String> faults(List<Minute> minutes) {
    List<String> faults = new ArrayList<>();
    grows(faults, minutes, "heap after collection", Minute::heap, HEAP_SHARE, HEAP_SLACK);
    grows(faults, minutes, "open files", Minute::files, COUNT_SHARE, COUNT_SLACK);
    grows(faults, minutes, "threads", Minute::threads, COUNT_SHARE, COUNT_SLACK);
    double before = median(second(minutes), Minute::p99Nanos);
    double after = median(last(minutes), Minute::p99Nanos);
    if (after > P99_FACTOR * before) {
      faults.add(
          String.format(Locale.ROOT, "p99 grows from %.1f to %.1f ms", before / 1e6, after / 1e6));
    }
    left(faults, minutes, "searches left open", Minute::contexts);
    left(faults, minutes, "deleted files still mapped", Minute::deletedMappings);
    left(faults, minutes, "bytes still accounted for", Minute::requestBytes);
    return faults;
  }

  private static void grows(
      List<String> faults,
      List<Minute> minutes,
      String what,
      ToDoubleFunction<Minute> of,
      double share,
      double slack) {
    double before = mean(second(minutes), of);
    double after = mean(last(minutes), of);
    if (after > before * (1 + share) + slack) {
      faults.add(String.format(Locale.ROOT, "%s grows from %.0f to %.0f", what, before, after));
    }
  }

  private static void left(
      List<String> faults, List<Minute> minutes, String what, ToDoubleFunction<Minute> of) {
    for (int m = 0; m < minutes.size(); m++) {
      double left = of.applyAsDouble(minutes.get(m));
      if (left > 0) {
        faults.add(
            String.format(Locale.ROOT, "%s at the end of minute %d: %.0f", what, m + 1, left));
      }
    }
  }

  private static List<Minute> second(List<Minute> minutes) {
    int third = minutes.size() / 3;
    return minutes.subList(minutes.size() - 2 * third, minutes.size() - third);
  }

  private static List<Minute> last(List<Minute> minutes) {
    return minutes.subList(minutes.size() - minutes.size() / 3, minutes.size());
  }

  private static double mean(List<Minute> minutes, ToDoubleFunction<Minute> of) {
    return minutes.stream().mapToDouble(of).average().orElseThrow();
  }

  private static double median(List<Minute> minutes, ToDoubleFunction<Minute> of) {
    double[] sorted = minutes.stream().mapToDouble(of).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
