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
package dev.matryoshka.action;

import dev.matryoshka.search.Comparison;
import java.util.Arrays;
import java.util.List;
import org.elasticsearch.common.io.stream.BytesStreamOutput;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.test.ESTestCase;

/** What shards answer: arrays, which records do not compare, arrive as they were sent. */
public class AuditAnswersTests extends ESTestCase {

  private static final int[] DOCS = {7, 3, 0};
  private static final float[] SCORES = {0.9f, 0.8f, 0.8f};

  public void testCompareAnswer() throws Exception {
    Comparison comparison =
        new Comparison(
            12,
            9,
            new Comparison.Truth(DOCS, SCORES, new int[] {1, 5, 2}),
            List.of(
                new Comparison.Outcome(
                    2,
                    new int[] {7},
                    new float[] {0.9f},
                    new byte[] {Comparison.Outcome.FOUND, 0, 1},
                    List.of(new Comparison.StageOutcome("hamming[64 bits]", 12, 4, 99)))),
            Double.NaN);
    CompareAnswer answer =
        new CompareAnswer(true, List.of(new CompareAnswer.Facts(comparison, new int[] {-1, 4})));
    try (BytesStreamOutput out = new BytesStreamOutput()) {
      answer.writeTo(out);
      try (StreamInput in = out.bytes().streamInput()) {
        CompareAnswer read = CompareAnswer.read(in);
        assertEquals(-1, in.read());
        assertTrue(read.mapped());
        CompareAnswer.Facts facts = read.facts().getFirst();
        assertArrayEquals(new int[] {-1, 4}, facts.ratedDocs());
        assertEquals(12, facts.comparison().accepted());
        assertEquals(9, facts.comparison().uncoded());
        assertTrue(Double.isNaN(facts.comparison().rankCorrelation()));
        assertArrayEquals(DOCS, facts.comparison().truth().docs());
        assertArrayEquals(SCORES, facts.comparison().truth().scores(), 0);
        assertArrayEquals(new int[] {1, 5, 2}, facts.comparison().truth().firstStageRanks());
        Comparison.Outcome outcome = facts.comparison().outcomes().getFirst();
        assertEquals(2, outcome.k());
        assertArrayEquals(new byte[] {-1, 0, 1}, outcome.lostAt());
        assertEquals(comparison.outcomes().getFirst().stages(), outcome.stages());
      }
    }
  }

  public void testSampleAnswer() throws Exception {
    float[] vector = {1, 2, 3};
    SampleAnswer answer =
        new SampleAnswer(true, 5, List.of(new SampleAnswer.Drawn(-9L, "id", vector)));
    try (BytesStreamOutput out = new BytesStreamOutput()) {
      answer.writeTo(out);
      try (StreamInput in = out.bytes().streamInput()) {
        SampleAnswer read = SampleAnswer.read(in);
        assertEquals(-1, in.read());
        assertEquals(5, read.total());
        assertEquals(-9L, read.drawn().getFirst().key());
        assertEquals("id", read.drawn().getFirst().id());
        assertTrue(Arrays.equals(vector, read.drawn().getFirst().vector()));
      }
    }
  }
}
