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
package dev.matryoshka.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Puts into words what is wrong, and what would help. Stateless. */
final class Findings {

  /** Below this, a reader is told which stage to look at. */
  private static final double WANTED_RECALL = 0.95;

  /** A share that the stages lose of the expected documents and that is worth a word. */
  private static final double NOTABLE_LOSS = 0.01;

  /**
   * In a first stage that knows nothing of similarity, the expected documents rank in the middle of
   * all on average; in one that works, among the first few hundredths.
   */
  private static final double CHANCE = 0.25;

  /** Shards with fewer documents have no room between a good rank and a bad one. */
  private static final int ENOUGH_DOCUMENTS = 1000;

  private Findings() {}

  static List<String> of(
      int k,
      Distribution recall,
      List<AuditReport.StageReport> stages,
      List<AuditReport.Target> targets,
      RecallCurve curve,
      long documents,
      long uncoded,
      long documentsPerShard) {
    List<String> findings = new ArrayList<>();
    if (documents == 0) {
      findings.add("no document was to be searched, so that a recall of 1 says nothing");
    }
    if (uncoded > 0) {
      findings.add(
          text(
              "[%d] of [%d] documents have no codes yet and are compared at full precision, so that"
                  + " stages cannot lose them; segments get codes when they are merged with others",
              uncoded, documents));
    }
    if (stages.isEmpty() || curve.isEmpty()) {
      return findings;
    }
    String first = stages.getFirst().label();
    int median = curve.leastKeep(0.5);
    if (documentsPerShard >= ENOUGH_DOCUMENTS
        && median > k
        && median > CHANCE * documentsPerShard) {
      findings.add(
          text(
              "stage [%s] hardly tells near from far: half of the true top [%d] rank behind [%d] of"
                  + " [%d] documents; its codes are damaged or do not suit the data",
              first, k, median, documentsPerShard));
    }
    if (recall.mean() >= WANTED_RECALL) {
      return findings;
    }
    for (AuditReport.StageReport stage : stages) {
      if (stage.lostShare() >= NOTABLE_LOSS) {
        findings.add(
            text(
                "stage [%s] loses %.1f %% of the true top [%d]",
                stage.label(), 100 * stage.lostShare(), k));
      }
    }
    if (stages.getFirst().lostShare() >= NOTABLE_LOSS) {
      AuditReport.Target target = targets.get(2);
      findings.add(
          text(
              "stage [%s] would have to keep [%d] in each shard to let %s of the true top [%d] pass",
              first, target.k1(), target.recall(), k));
    }
    return findings;
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
