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
package dev.matryoshka.search;

/**
 * Whether it pays to rule vectors out in one way before they are compared. A way that leaves most
 * of them is not asked for some time. Not thread-safe.
 */
final class Worth {

  /** Vectors after which to judge. */
  private static final int PROBE = 1024;

  /** Share of vectors left beyond which ruling out costs more than it saves. */
  private static final double POINTLESS = 0.6;

  /** Vectors to let pass without asking, before the next chance. */
  private static final int PAUSE = 64 * PROBE;

  private int looked;
  private int passed;
  private int pause;

  /** Whether to try with so many vectors. */
  boolean ask(int vectors) {
    if (pause <= 0) {
      return true;
    }
    pause -= vectors;
    return false;
  }

  /** What became of it. */
  void learn(int vectors, int left) {
    looked += vectors;
    passed += left;
    if (looked >= PROBE) {
      pause = passed > looked * POINTLESS ? PAUSE : 0;
      looked = 0;
      passed = 0;
    }
  }

  /** Begins anew, since more is asked for. */
  void reset() {
    pause = 0;
  }
}
