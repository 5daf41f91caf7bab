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
package dev.matryoshka.monitor;

import dev.matryoshka.MatryoshkaTestCase;

public class PaceTests extends MatryoshkaTestCase {

  public void testPausesAfterAPiece() {
    // Anything may happen between the reading of clocks, on either side.
    long first = System.nanoTime();
    Pace pace = new Pace();
    long start = System.nanoTime();
    while (System.nanoTime() - start < 2 * Pace.PIECE_NANOS) {
      Thread.onSpinWait();
    }
    long before = System.nanoTime();
    pace.step();
    long end = System.nanoTime();
    long pause = end - before;
    assertTrue(pause + " ns", pause >= Pace.PAUSES * Pace.PIECE_NANOS);
    long worked = pace.workedNanos();
    assertTrue("all that was worked counts", worked >= 2 * Pace.PIECE_NANOS);
    long after = System.nanoTime() - end;
    assertTrue("no pause does", worked <= end - first - Pace.PAUSES * Pace.PIECE_NANOS + after);
  }
}
