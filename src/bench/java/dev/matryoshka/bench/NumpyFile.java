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

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads matrices of little-endian float16 or float32 from NumPy files, version 1, C order. */
final class NumpyFile {

  private static final Pattern HEADER =
      Pattern.compile("(?s).*'descr': '<f([24])'.*'shape': \\((\\d+), (\\d+)\\).*");

  private NumpyFile() {}

  /**
   * Reads rows.
   *
   * @param limit most rows to read
   */
  static float[][] read(Path path, int limit) throws IOException {
    try (FileChannel channel = FileChannel.open(path)) {
      var file =
          channel
              .map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
              .order(ByteOrder.LITTLE_ENDIAN);
      int headerLength = 10 + file.getShort(8);
      byte[] header = new byte[headerLength];
      file.get(0, header);
      Matcher matcher = HEADER.matcher(new String(header, StandardCharsets.ISO_8859_1));
      if (matcher.matches() == false) {
        throw new IOException("[" + path + "] is no matrix of float16 or float32");
      }
      int bytes = Integer.parseInt(matcher.group(1));
      int rows = Math.min(limit, Integer.parseInt(matcher.group(2)));
      float[][] matrix = new float[rows][Integer.parseInt(matcher.group(3))];
      int at = headerLength;
      for (float[] row : matrix) {
        for (int i = 0; i < row.length; i++) {
          row[i] = bytes == 2 ? Float.float16ToFloat(file.getShort(at)) : file.getFloat(at);
          at += bytes;
        }
      }
      return matrix;
    }
  }
}
