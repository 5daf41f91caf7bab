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
package dev.matryoshka.codec;

import java.util.List;

/**
 * What a differing bit of each level counts in a Hamming distance over several levels. Later levels
 * hold components of less variance, and counting their bits in full would lose recall; a bit counts
 * in proportion to its level's energy.
 */
final class LevelWeights {

  /** The weight of the most energetic level: a compromise between precision and distance range. */
  private static final int LARGEST = 15;

  private LevelWeights() {}

  /**
   * Weights from 1 to 15 for each level.
   *
   * @param energies mean square of a projection in each level, not negative
   */
  static int[] of(List<Float> energies) {
    float largest = 0;
    for (float energy : energies) {
      largest = Math.max(largest, energy);
    }
    int[] weights = new int[energies.size()];
    for (int level = 0; level < weights.length; level++) {
      float share = largest > 0 ? energies.get(level) / largest : 1;
      weights[level] = Math.max(1, Math.round(LARGEST * share));
    }
    return weights;
  }
}
