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

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.VectorSimilarityFunction;

/**
 * The stages of a search in order. The last one compares all dimensions and keeps k. Immutable.
 *
 * @param stages at least one; only the last has no {@code keep}
 * @param target what the stages adapt to, taking each {@code keep} for a suggestion; null for
 *     stages that do as they are told
 */
public record Funnel(List<Stage> stages, RecallTarget target) {

  // Chosen in docs/experiments.md.
  private static final int SCANNED_KEEP = 2_000;
  private static final int SCANNED_KEEP_PER_HIT = 20;
  private static final int RESCORED_KEEP = 1_500;
  private static final int RESCORED_KEEP_PER_HIT = 10;

  /**
   * Vectors from which on a segment has more captured, in proportion, and how many times as many.
   */
  private static final int LARGE = 250_000;

  private static final int MOST_TIMES = 2;

  /** Where all vectors of a segment are estimated, one in so many is kept at least. */
  private static final int ESTIMATED_PER_KEPT = 256;

  public Funnel {
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("a funnel needs at least one stage");
    }
  }

  /** A funnel that does as it is told. */
  public Funnel(List<Stage> stages) {
    this(stages, null);
  }

  /**
   * The funnel for a query that names none: Hamming over everything, the asymmetric estimate over
   * the survivors, full precision over the rest. Where vectors differ in length the Hamming
   * distance, which sees directions only, would lose the answers, so maximum inner product and
   * Euclidean start with the estimate.
   *
   * @param bits length of the whole code, 0 when the field has none
   * @param target what the search is to find
   */
  public static Funnel defaults(
      VectorSimilarityFunction similarity, int dims, int bits, int k, RecallTarget target) {
    List<Stage> stages = new ArrayList<>();
    if (bits > 0) {
      boolean directions =
          similarity == VectorSimilarityFunction.COSINE
              || similarity == VectorSimilarityFunction.DOT_PRODUCT;
      if (directions) {
        stages.add(Stage.hamming(bits, keep(SCANNED_KEEP, SCANNED_KEEP_PER_HIT, k)));
      }
      stages.add(Stage.asymmetric(bits, keep(RESCORED_KEEP, RESCORED_KEEP_PER_HIT, k)));
    }
    stages.add(Stage.floats(dims, Stage.LAST));
    return new Funnel(stages, bits > 0 ? target : null);
  }

  private static int keep(int base, int perHit, int k) {
    return (int) Math.min(Integer.MAX_VALUE, base + (long) perHit * k);
  }

  /** The same funnel with every {@code keep} multiplied; it aims at the same recall. */
  Funnel widened(int factor) {
    List<Stage> wider = new ArrayList<>();
    for (Stage stage : stages) {
      int keep =
          stage.keep() == Stage.LAST
              ? Stage.LAST
              : (int) Math.min(Integer.MAX_VALUE, (long) stage.keep() * factor);
      wider.add(new Stage(stage.kind(), stage.size(), keep));
    }
    return new Funnel(wider, target);
  }

  Stage first() {
    return stages.getFirst();
  }

  /**
   * The most to begin with in a segment when aiming at a recall. In large segments capturing more
   * costs little beside comparing all, and looking at all once more costs much.
   *
   * @param size vectors of the segment
   */
  Stage firstOf(int size) {
    Stage first = first();
    if (first.kind() == Stage.Kind.ASYMMETRIC) {
      return estimating(first.keep(), size);
    }
    if (first.kind() != Stage.Kind.HAMMING) {
      return first;
    }
    double times = Math.clamp((double) size / LARGE, 1, MOST_TIMES);
    int keep = (int) Math.min(Integer.MAX_VALUE, (long) (times * first.keep()));
    return Stage.hamming(first.size(), keep);
  }

  /**
   * A first stage that estimates everything when aiming at a recall.
   *
   * @param keep what to keep at least
   * @param estimated vectors that are estimated; keeping one costs little beside estimating so many
   *     once more
   */
  Stage estimating(int keep, int estimated) {
    return Stage.asymmetric(first().size(), Math.max(keep, estimated / ESTIMATED_PER_KEPT));
  }

  /** Candidates that reach the last stage: that many are scored at full precision anyway. */
  int scoredAtFullPrecision() {
    return stages.size() < 2 ? Integer.MAX_VALUE : stages.get(stages.size() - 2).keep();
  }
}
