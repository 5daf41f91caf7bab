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
package dev.matryoshka;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Real embeddings for tests that speak of recall: NumPy files of little-endian float16, [n, 768].
 * They live outside the repository; tests skip, and say so, where they are absent.
 */
public final class Embeddings {

  /** Where the files are; {@code -Dmatryoshka.data=DIR} overrides it. */
  public static final Path DIRECTORY =
      Path.of(System.getProperty("matryoshka.data", "../shared/data"));

  private Embeddings() {}

  /** Whether all sets are there. */
  public static boolean available() {
    return Stream.of("scifact_docs", "scifact_queries", "debian_docs", "debian_queries")
        .allMatch(name -> Files.exists(DIRECTORY.resolve(name + ".npy")));
  }

  /**
   * Loads and normalises rows.
   *
   * @param name such as {@code scifact_docs}
   * @param limit most rows to load
   */
  public static float[][] load(String name, int limit) throws IOException {
    try (FileChannel channel = FileChannel.open(DIRECTORY.resolve(name + ".npy"))) {
      var file =
          channel
              .map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
              .order(ByteOrder.LITTLE_ENDIAN);
      int headerLength = 10 + file.getShort(8);
      byte[] header = new byte[headerLength];
      file.get(0, header);
      String[] shape =
          new String(header, StandardCharsets.ISO_8859_1)
              .replaceAll("(?s).*'shape': \\((\\d+), (\\d+)\\).*", "$1 $2")
              .split(" ");
      int rows = Math.min(limit, Integer.parseInt(shape[0]));
      int dims = Integer.parseInt(shape[1]);
      float[][] vectors = new float[rows][dims];
      for (int i = 0; i < rows; i++) {
        double squares = 0;
        for (int d = 0; d < dims; d++) {
          int at = headerLength + (i * dims + d) * Short.BYTES;
          vectors[i][d] = Float.float16ToFloat(file.getShort(at));
          squares += vectors[i][d] * vectors[i][d];
        }
        for (int d = 0; d < dims; d++) {
          vectors[i][d] /= (float) Math.sqrt(squares);
        }
      }
      return vectors;
    }
  }
}
