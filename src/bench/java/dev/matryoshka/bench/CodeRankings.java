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
package dev.matryoshka.bench;

import dev.matryoshka.binary.HammingSelector;
import dev.matryoshka.codec.CodeCursor;
import dev.matryoshka.codec.CodeScan;
import dev.matryoshka.codec.QueryCode;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import org.apache.lucene.search.TaskExecutor;

/** Rankings of the documents of a segment by its codes alone, as the first stage makes them. */
final class CodeRankings {

  private final SegmentCodes codes;
  private final float[][] queries;
  private final int depth;

  /**
   * @param depth documents to rank
   */
  CodeRankings(SegmentCodes codes, float[][] queries, int depth) {
    this.codes = codes;
    this.queries = queries;
    this.depth = Math.min(depth, codes.size());
  }

  /** The rankings of all queries by Hamming distance over the prefix up to a level. */
  int[][] hamming(int level) throws IOException {
    int[][] rankings = new int[queries.length][];
    for (int q = 0; q < queries.length; q++) {
      QueryCode query = codes.encode(queries[q]);
      HammingSelector nearest =
          CodeScan.scanAll(
              codes,
              query,
              level,
              depth,
              false,
              () -> null,
              () -> {},
              new TaskExecutor(Runnable::run));
      BestFirst best = new BestFirst(depth);
      for (int i = 0; i < nearest.size(); i++) {
        best.offer(-nearest.distance(i), nearest.position(i));
      }
      rankings[q] = best.documents();
    }
    return rankings;
  }

  /** The rankings of all queries by the asymmetric estimate from the prefix up to a level. */
  int[][] asymmetric(int level) throws IOException {
    CodeCursor cursor = codes.cursor();
    int words = codes.bits() / Long.SIZE;
    int perVector = cursor.correctionsPerVector();
    long[] all = new long[codes.size() * words];
    float[] corrections = new float[codes.size() * perVector];
    for (int ord = 0; ord < codes.size(); ord++) {
      cursor.readCode(ord, all, ord * words, 1);
      cursor.readCorrections(ord, corrections, ord * perVector, 1);
    }
    int[][] rankings = new int[queries.length][];
    for (int q = 0; q < queries.length; q++) {
      QueryCode query = codes.encode(queries[q]);
      BestFirst best = new BestFirst(depth);
      for (int ord = 0; ord < codes.size(); ord++) {
        best.offer(query.estimate(level, all, ord * words, corrections, ord * perVector), ord);
      }
      rankings[q] = best.documents();
    }
    return rankings;
  }
}
