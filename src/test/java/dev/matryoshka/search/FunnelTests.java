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
import dev.matryoshka.codec.CandidateKeys;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.lucene.index.VectorSimilarityFunction;

/** The small parts of the search: default stages, keys, candidates, scores of estimates. */
public class FunnelTests extends MatryoshkaTestCase {

  public void testDefaultStages() {
    for (VectorSimilarityFunction similarity : VectorSimilarityFunction.values()) {
      boolean directions =
          similarity == VectorSimilarityFunction.COSINE
              || similarity == VectorSimilarityFunction.DOT_PRODUCT;
      for (int k : new int[] {1, 10, 10_000, Integer.MAX_VALUE}) {
        List<Stage> stages =
            Funnel.defaults(similarity, 768, 256, k, RecallTarget.DEFAULT).stages();
        assertEquals(directions ? 3 : 2, stages.size());
        assertEquals(Stage.floats(768, Stage.LAST), stages.getLast());
        int previous = Integer.MAX_VALUE;
        for (Stage stage : stages.subList(0, stages.size() - 1)) {
          assertEquals(256, stage.size());
          assertTrue("" + stage, stage.keep() >= k && stage.keep() <= previous);
          previous = stage.keep();
        }
        assertEquals(
            List.of(Stage.floats(768, Stage.LAST)),
            Funnel.defaults(similarity, 768, 0, k, RecallTarget.DEFAULT).stages());
      }
    }
  }

  public void testWideningStopsAtTheLargestNumber() {
    Funnel funnel = new Funnel(List.of(Stage.hamming(64, 3), Stage.floats(64, Stage.LAST)));
    assertEquals(24, funnel.widened(8).first().keep());
    for (int i = 0; i < 20; i++) {
      funnel = funnel.widened(8);
    }
    assertEquals(Integer.MAX_VALUE, funnel.first().keep());
    assertEquals(Stage.LAST, funnel.stages().getLast().keep());
  }

  public void testKeysOrderByScoreThenDocument() {
    record Hit(float score, int doc) {}
    Hit[] hits = new Hit[1000];
    for (int i = 0; i < hits.length; i++) {
      float score =
          switch (random().nextInt(6)) {
            case 0 -> 0.5f;
            case 1 -> -random().nextInt(300);
            case 2 -> Float.NEGATIVE_INFINITY;
            case 3 -> Float.intBitsToFloat(random().nextInt(Float.floatToIntBits(1e30f)));
            default -> (float) random().nextGaussian();
          };
      hits[i] = new Hit(score, random().nextInt() & Integer.MAX_VALUE);
    }
    long[] keys = Arrays.stream(hits).mapToLong(h -> CandidateKeys.of(h.score, h.doc)).toArray();
    for (int i = 0; i < hits.length; i++) {
      assertEquals(hits[i].score, CandidateKeys.score(keys[i]), 0);
      assertEquals(hits[i].doc, CandidateKeys.doc(keys[i]));
    }
    Arrays.sort(
        hits, Comparator.comparing((Hit hit) -> -hit.score).thenComparing((Hit hit) -> hit.doc));
    int keep = 1 + random().nextInt(1000);
    CandidateKeys.select(keys, keys.length, keep);
    Arrays.sort(keys, 0, keep);
    for (int i = 0; i < keep; i++) {
      assertEquals(hits[i], new Hit(CandidateKeys.score(keys[i]), CandidateKeys.doc(keys[i])));
    }
  }

  public void testCandidatesGrowAndRetain() {
    int words = random().nextInt(3);
    Candidates candidates = new Candidates(random().nextInt(4), words);
    int count = 1 + random().nextInt(500);
    for (int i = 0; i < count; i++) {
      long[] from = {-1, 10L * i, 10L * i + 1, 10L * i + 2};
      candidates.add(3 * i, i / 2f, from, 1);
    }
    boolean[] marks = new boolean[count];
    IntStream.range(0, count).forEach(i -> marks[i] = random().nextBoolean());
    int[] kept = IntStream.range(0, count).filter(i -> marks[i]).toArray();
    candidates.retain(marks);
    assertEquals(kept.length, candidates.size());
    for (int i = 0; i < kept.length; i++) {
      assertEquals(3 * kept[i], candidates.ord(i));
      assertEquals(kept[i] / 2f, candidates.score(i), 0);
      for (int w = 0; w < words; w++) {
        assertEquals(10L * kept[i] + w, candidates.codes()[i * words + w]);
      }
    }
  }

  public void testScoresOfEstimatesAreThoseOfVectorsAndKeepTheOrderBeyond() {
    for (VectorSimilarityFunction similarity : VectorSimilarityFunction.values()) {
      float[] a = {0.6f, 0.8f};
      float[] b = {-0.28f, 0.96f};
      float estimate =
          similarity == VectorSimilarityFunction.EUCLIDEAN
              ? -(0.88f * 0.88f + 0.16f * 0.16f)
              : 0.6f;
      assertEquals(
          similarity.compare(a, b), Similarities.scoreOfEstimate(similarity, estimate), 1e-6);
      float previous = Float.NEGATIVE_INFINITY;
      for (float e = -3; e <= 3; e += 0.125f) {
        float score = Similarities.scoreOfEstimate(similarity, e);
        assertTrue(similarity + " at " + e, score > previous);
        previous = score;
      }
    }
  }
}
