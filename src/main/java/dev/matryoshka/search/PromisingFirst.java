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

import java.io.IOException;
import java.util.Arrays;

/**
 * Scores candidates more finely, the most promising ones by their coarse score first, and stops
 * where the rest cannot matter: when so few of them are expected among the best that a share of
 * {@value #MISSES} is not exceeded. An easy query ends after a few of its candidates; one that is
 * unlike the documents, whose coarse scores say little, goes through all.
 *
 * <p>What is expected follows from the scores seen so far: the least-squares line of fine over
 * coarse scores, with normally distributed deviations from it. Not a proof: full precision on every
 * candidate is what explicit stages are for. Deterministic.
 */
final class PromisingFirst {

  /** Of the wanted ones; measured in docs/quality.md. */
  private static final double MISSES = 0.003;

  private final Candidates candidates;
  private final FineScorer scorer;
  private final long[] keys;
  private final double[] coarse;
  private int done;

  private double sumX;
  private double sumY;
  private double sumXX;
  private double sumXY;
  private double sumYY;

  /** Sets the scores of some candidates, given by their indices in ascending order. */
  interface FineScorer {
    void score(int[] indices, int count) throws IOException;
  }

  PromisingFirst(Candidates candidates, FineScorer scorer) {
    this.candidates = candidates;
    this.scorer = scorer;
    this.keys = new long[candidates.size()];
    this.coarse = new double[candidates.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = CandidateKeys.of(candidates.score(i), i);
      coarse[i] = candidates.score(i);
    }
  }

  /**
   * Runs, and drops the candidates that were not scored.
   *
   * @param wanted how many of the best by fine score are to be found, at least 1
   * @param batch how many are scored before the first look, at least 1; doubles what is done each
   *     time
   * @return number of candidates scored
   */
  int run(int wanted, int batch) throws IOException {
    while (done < keys.length) {
      int end = (int) Math.min(keys.length, (long) done + batch);
      CandidateKeys.select(keys, done, keys.length, end - done);
      scoreNext(end);
      if (done < keys.length && done >= wanted && hopeless(wanted)) {
        dropRest();
        break;
      }
      batch = done;
    }
    return done;
  }

  private void scoreNext(int end) throws IOException {
    int[] indices = new int[end - done];
    for (int i = done; i < end; i++) {
      indices[i - done] = CandidateKeys.doc(keys[i]);
    }
    Arrays.sort(indices);
    scorer.score(indices, indices.length);
    for (int index : indices) {
      double x = coarse[index];
      double y = candidates.score(index);
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
      sumYY += y * y;
    }
    done = end;
  }

  /** Whether hardly any of the rest is expected to be wanted. */
  private boolean hopeless(int wanted) {
    double xx = sumXX - sumX * sumX / done;
    double xy = sumXY - sumX * sumY / done;
    double yy = sumYY - sumY * sumY / done;
    double slope = xx > 0 ? Math.max(0, xy / xx) : 0;
    double spread = Math.max(Math.sqrt(Math.max(0, yy - slope * xy) / done), Float.MIN_NORMAL);
    double least = worstWanted(wanted);
    double expected = 0;
    for (int i = done; i < keys.length; i++) {
      double predicted =
          (sumY + slope * (done * (double) CandidateKeys.score(keys[i]) - sumX)) / done;
      expected += tail((least - predicted) / spread);
      if (expected > MISSES * wanted) {
        return false;
      }
    }
    return true;
  }

  /**
   * The probability that a normal deviate exceeds a value, to within a few percent of itself (Lin,
   * "Approximating the normal tail probability and its inverse", 1989).
   */
  static double tail(double z) {
    return z < 0 ? 1 - tail(-z) : 0.5 * Math.exp(-0.717 * z - 0.416 * z * z);
  }

  /** The fine score of the last of the best ones. */
  private float worstWanted(int wanted) {
    long[] fine = new long[done];
    for (int i = 0; i < done; i++) {
      int index = CandidateKeys.doc(keys[i]);
      fine[i] = CandidateKeys.of(candidates.score(index), index);
    }
    CandidateKeys.select(fine, 0, done, wanted);
    return CandidateKeys.score(fine[wanted - 1]);
  }

  private void dropRest() {
    boolean[] scored = new boolean[keys.length];
    for (int i = 0; i < done; i++) {
      scored[CandidateKeys.doc(keys[i])] = true;
    }
    candidates.retain(scored);
  }
}
