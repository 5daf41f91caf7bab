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

import dev.matryoshka.codec.UnitLength;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.VectorUtil;

/**
 * Documents and queries of unit length, with what people judged relevant.
 *
 * @param relevant for each query the numbers of its relevant documents; empty when no query has any
 */
public record EmbeddingSet(float[][] documents, float[][] queries, List<int[]> relevant) {

  /** Loads a set. */
  static EmbeddingSet load(QualityOptions options) throws IOException {
    Path data = options.data();
    float[][] documents =
        NumpyFile.read(data.resolve(options.set() + "_docs.npy"), Integer.MAX_VALUE);
    float[][] queries =
        NumpyFile.read(data.resolve(options.queries() + "_queries.npy"), options.limit());
    if (options.head()) {
      float[][] head = NumpyFile.read(data.resolve("matryoshka_head.npy"), Integer.MAX_VALUE);
      float[][] columns = transpose(head);
      apply(columns, documents);
      apply(columns, queries);
    }
    unitLength(documents);
    unitLength(queries);
    List<int[]> relevant =
        options.set().equals(options.queries())
            ? relevant(data, options.set(), queries.length)
            : List.of();
    return new EmbeddingSet(documents, queries, relevant);
  }

  /**
   * Loads a set without judgements.
   *
   * @param set its name
   * @param queries most queries to load
   */
  public static EmbeddingSet load(Path data, String set, int queries) throws IOException {
    float[][] documents = NumpyFile.read(data.resolve(set + "_docs.npy"), Integer.MAX_VALUE);
    float[][] asked = NumpyFile.read(data.resolve(set + "_queries.npy"), queries);
    unitLength(documents);
    unitLength(asked);
    return new EmbeddingSet(documents, asked, List.of());
  }

  /** Dimensions of every vector. */
  public int dims() {
    return documents[0].length;
  }

  private static float[][] transpose(float[][] matrix) {
    float[][] transposed = new float[matrix[0].length][matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < transposed.length; j++) {
        transposed[j][i] = matrix[i][j];
      }
    }
    return transposed;
  }

  private static void apply(float[][] columns, float[][] vectors) {
    for (float[] vector : vectors) {
      float[] before = vector.clone();
      for (int j = 0; j < columns.length; j++) {
        vector[j] = VectorUtil.dotProduct(before, columns[j]);
      }
    }
  }

  private static void unitLength(float[][] vectors) {
    for (float[] vector : vectors) {
      UnitLength.scale(vector, 0, vector.length);
    }
  }

  private static List<int[]> relevant(Path data, String set, int queries) throws IOException {
    Map<String, Integer> documentNumbers = numbers(data.resolve(set + "_doc_ids.txt"));
    Map<String, Integer> queryNumbers = numbers(data.resolve(set + "_query_ids.txt"));
    List<List<Integer>> relevant = new ArrayList<>();
    for (int q = 0; q < queries; q++) {
      relevant.add(new ArrayList<>());
    }
    List<String> lines = Files.readAllLines(data.resolve(set + "_qrels.tsv"));
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.split("\t");
      int query = queryNumbers.get(columns[0]);
      if (query < queries && Integer.parseInt(columns[2].trim()) > 0) {
        relevant.get(query).add(documentNumbers.get(columns[1]));
      }
    }
    return relevant.stream()
        .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
        .toList();
  }

  private static Map<String, Integer> numbers(Path ids) throws IOException {
    Map<String, Integer> numbers = new HashMap<>();
    for (String id : Files.readAllLines(ids)) {
      numbers.put(id, numbers.size());
    }
    return numbers;
  }
}
