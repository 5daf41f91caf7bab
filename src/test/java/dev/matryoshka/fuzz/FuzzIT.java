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

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Some spoiled requests of another seed each time; bin/fuzz sends more. */
class FuzzIT {

  @Test
  void nothingIsTheServersFault() throws IOException {
    long seed = new Random().nextInt(1_000_000);
    FuzzRun.Result result = FuzzRun.runOnNewServer(seed, 0, 1500, () -> {});
    String which = "seed " + seed;
    assertEquals(List.of(), result.faults(), which);
    assertEquals(0, result.openContexts(), which);
    assertFalse(result.requestLogged(), which);
    long grown = result.heapAfter() - result.heapBefore();
    assertTrue(grown <= Fuzz.HEAP_GROWTH, which + ": heap has grown by " + grown);
    assertTrue(result.statuses().getOrDefault(200, 0) > 300, which + ": " + result.statuses());
    assertTrue(result.statuses().getOrDefault(400, 0) > 300, which + ": " + result.statuses());
  }
}
