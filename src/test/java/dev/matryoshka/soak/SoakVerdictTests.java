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

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is said to grow, and what is noise. */
class SoakVerdictTests {

  private static final long MEGABYTE = 1 << 20;

  private static Minute minute(long heap, int files, int threads, long p99) {
    return new Minute(heap, files, threads, 0, 0, 0, 9, 1000, 2000, p99 / 4, p99);
  }

  private static List<String> faults(IntFunction<Minute> minute) {
    return SoakVerdict.faults(IntStream.range(0, 20).mapToObj(minute).toList());
  }

  @Test
  void whatGoesUpAndDownDoesNotGrow() {
    assertEquals(
        List.of(),
        faults(m -> minute((90 + m % 4 * 5) * MEGABYTE, 400 + m % 7, 80 + m % 3, 50 + m % 5)));
  }

  @Test
  void gettingWarmIsNotGrowing() {
    assertEquals(
        List.of(), faults(m -> minute(Math.min(m, 6) * 30 * MEGABYTE, 400, 20 + 9 * m / 20, 50)));
  }

  @Test
  void whatGrowsIsNamed() {
    List<String> faults =
        faults(m -> minute((90 + 4L * m) * MEGABYTE, 400 + 6 * m, 80 + 3 * m, 50L << m / 4));
    assertEquals(4, faults.size(), faults.toString());
    for (String what : List.of("heap", "open files", "threads", "p99")) {
      assertTrue(faults.stream().anyMatch(fault -> fault.startsWith(what)), what + ": " + faults);
    }
  }

  @Test
  void nothingIsLeftAtTheEndOfAnyMinute() {
    Minute good = minute(90 * MEGABYTE, 400, 80, 50);
    Minute bad = new Minute(good.heap(), 400, 80, 1, 2, 3, 9, 1000, 2000, 10, 50);
    assertEquals(
        List.of(
            "searches left open at the end of minute 2: 1",
            "deleted files still mapped at the end of minute 2: 2",
            "bytes still accounted for at the end of minute 2: 3"),
        SoakVerdict.faults(List.of(good, bad, good)));
  }

  @Test
  void unknownMappingsAreNoFault() {
    Minute unknown = new Minute(MEGABYTE, 400, 80, 0, -1, 0, 9, 1000, 2000, 10, 50);
    assertEquals(List.of(), SoakVerdict.faults(List.of(unknown, unknown, unknown)));
  }
}
