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

import dev.matryoshka.codec.CandidateKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What one execution of a funnel did, stage by stage: for profiles and explanations. Written by one
 * thread, read-only afterwards.
 */
final class FunnelTrace {

  private final List<Entry> entries = new ArrayList<>();
  private SearchPlan plan;
  private double forecast = Double.NaN;
  private ExecutedFindAll findAll;

  /**
   * @param compared vectors that the stage looked at
   * @param keys {@linkplain CandidateKeys keys} of the survivors
   * @param nanos wall time
   */
  private record Entry(Stage stage, long compared, long[] keys, long nanos) {}

  void add(Stage stage, long compared, long[] keys, long nanos) {
    entries.add(new Entry(stage, compared, keys, nanos));
  }

  /** Adds what a search with a target allowed itself. */
  void plan(SearchPlan searchPlan) {
    plan = searchPlan;
  }

  /** Adds what a first stage that does as it is told can be expected to find; NaN is unknown. */
  void forecast(double recallOfFirstStage) {
    forecast = recallOfFirstStage;
  }

  /** Adds what it took to find the best of everything above a similarity. */
  void findAll(ExecutedFindAll executed) {
    findAll = executed;
  }

  /** What was added so, or null. */
  ExecutedFindAll findAll() {
    return findAll;
  }

  /** What came of it. */
  ExecutedFunnel executed() {
    return new ExecutedFunnel(outcomes(), plan == null ? Double.NaN : plan.predicted());
  }

  /** Keys of the survivors of a stage; a copy. */
  long[] keys(int i) {
    return entries.get(i).keys.clone();
  }

  int stages() {
    return entries.size();
  }

  Stage stage(int i) {
    return entries.get(i).stage;
  }

  int survivors(int i) {
    return entries.get(i).keys.length;
  }

  /** The survivors of a stage, ascending. */
  int[] docs(int i) {
    int[] docs = Arrays.stream(entries.get(i).keys).mapToInt(CandidateKeys::doc).toArray();
    Arrays.sort(docs);
    return docs;
  }

  /** What the stages did, in their order. */
  List<Comparison.StageOutcome> outcomes() {
    return entries.stream()
        .map(
            entry ->
                new Comparison.StageOutcome(
                    entry.stage.label(), entry.compared, entry.keys.length, entry.nanos))
        .toList();
  }

  /** Rank of a document after a stage, from 1, or 0 when it did not survive. */
  int rank(int i, int doc) {
    long[] keys = entries.get(i).keys;
    for (long key : keys) {
      if (CandidateKeys.doc(key) == doc) {
        return 1 + (int) Arrays.stream(keys).filter(other -> other < key).count();
      }
    }
    return 0;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries) {
      text.append(text.isEmpty() ? "" : " > ")
          .append(entry.stage.label())
          .append(" compared=")
          .append(entry.compared)
          .append(" kept=")
          .append(entry.keys.length)
          .append(" micros=")
          .append(entry.nanos / 1000);
    }
    if (Double.isNaN(forecast) == false) {
      text.append(String.format(Locale.ROOT, "; first stage predicted=%.4f", forecast));
    }
    return text.append(plan == null ? "" : "; " + plan).toString();
  }
}
