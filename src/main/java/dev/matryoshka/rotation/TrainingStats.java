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
package dev.matryoshka.rotation;

import java.util.List;

/**
 * What training learned about its own result.
 *
 * @param sampleSize vectors in the sample
 * @param alignment mean cosine between a centred vector and its reconstruction from the whole code,
 *     0 to 1, on vectors that were held out of training: the share of a vector that its bits know.
 *     Falls when the data drifts away.
 * @param energies for each level the mean square of a projection on one of its own rows, at least
 *     0: how much a bit of that level is worth
 */
public record TrainingStats(int sampleSize, float alignment, List<Float> energies) {

  public TrainingStats {
    energies = List.copyOf(energies);
  }
}
