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

import java.io.IOException;
import java.util.Arrays;

/**
 * What the corrections of a segment's vectors are like, by some that are spread evenly. Not to be
 * modified.
 *
 * @param medians the median of each correction
 * @param spread standard deviation of the vectors' distances from the mean, over their average
 */
record TypicalCorrections(float[] medians, double spread) {

  /** Vectors that are looked at. */
  private static final int SAMPLE = 129;

  static TypicalCorrections of(CodeCursor cursor, int levels, int size) throws IOException {
    int perVector = levels + 2;
    int count = Math.min(SAMPLE, size);
    float[] corrections = new float[count * perVector];
    for (int i = 0; i < count; i++) {
      cursor.readStored((int) ((long) i * size / count), corrections, i * perVector, 1);
    }
    float[] medians = new float[perVector];
    float[] column = new float[count];
    for (int c = 0; c < perVector; c++) {
      for (int i = 0; i < count; i++) {
        column[i] = corrections[i * perVector + c];
      }
      Arrays.sort(column);
      medians[c] = column[count / 2];
    }
    // The last column, which are the squares of the distances.
    double sum = 0;
    double squares = 0;
    for (float square : column) {
      sum += Math.sqrt(square);
      squares += square;
    }
    double average = sum / count;
    double variance = Math.max(0, squares / count - average * average);
    return new TypicalCorrections(medians, average > 0 ? Math.sqrt(variance) / average : 0);
  }
}
