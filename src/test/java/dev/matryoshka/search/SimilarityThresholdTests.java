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

import dev.matryoshka.MatryoshkaTestCase;
import org.apache.lucene.index.VectorSimilarityFunction;

/** What similarities and scores say of each other. */
public class SimilarityThresholdTests extends MatryoshkaTestCase {

  public void testOfScoreAsksForThatScore() {
    for (VectorSimilarityFunction function : VectorSimilarityFunction.values()) {
      boolean unlimited = function == VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT;
      for (int i = 0; i < 100; i++) {
        float score = (0.01f + 0.99f * random().nextFloat()) * (unlimited ? 10 : 1);
        assertEquals(score, SimilarityThreshold.ofScore(function, score).minScore(), 1e-4f * score);
      }
    }
  }

  public void testOfScoreHasASimilarityForEveryScore() {
    for (VectorSimilarityFunction function : VectorSimilarityFunction.values()) {
      for (float score : new float[] {0, Float.MIN_VALUE, 1e-20f, 1, Math.nextUp(1f)}) {
        assertEquals(score, SimilarityThreshold.ofScore(function, score).minScore(), 1e-6f);
      }
    }
  }

  public void testRefusesWhatNoDocumentCanHave() {
    for (VectorSimilarityFunction function : VectorSimilarityFunction.values()) {
      refuses(function, Float.NaN);
      refuses(function, Float.POSITIVE_INFINITY);
    }
    refuses(VectorSimilarityFunction.COSINE, Math.nextUp(1f));
    refuses(VectorSimilarityFunction.EUCLIDEAN, -1f);
  }

  private static void refuses(VectorSimilarityFunction function, float similarity) {
    String message =
        expectThrows(
                IllegalArgumentException.class, () -> new SimilarityThreshold(function, similarity))
            .getMessage();
    assertTrue(message, message.contains("[" + function + "]: [" + similarity + "]"));
  }
}
