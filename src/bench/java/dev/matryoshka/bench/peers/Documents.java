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
package dev.matryoshka.bench.peers;

import dev.matryoshka.bench.BestFirst;
import dev.matryoshka.codec.UnitLength;
import dev.matryoshka.terminal.ProgressBar;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.lucene.util.VectorUtil;

/**
 * As many documents as are asked for, made from those of a data set: these first, then points
 * between one of them and one of its nearest neighbours, from a fifth to four fifths of the way,
 * scaled to unit length. Each is made when it is needed, always the same for its number, so that a
 * million take no more memory than the data set. Thread-safe.
 */
final class Documents {

  private static final int NEIGHBOURS = 8;
  private static final int TILE = 64;
  private static final long SEED = 42;

  private final float[][] originals;
  private final int size;
  private final int[][] neighbours;

  private Documents(float[][] originals, int size, int[][] neighbours) {
    this.originals = originals;
    this.size = size;
    this.neighbours = neighbours;
  }

  /**
   * Makes documents.
   *
   * @param originals vectors of unit length
   * @param size documents wanted
   */
  static Documents of(float[][] originals, int size, PrintStream progress) {
    boolean grown = size > originals.length;
    return new Documents(originals, size, grown ? neighbours(originals, progress) : null);
  }

  /** Compares all with all, a tile of vectors at a time so that the others are read less often. */
  private static int[][] neighbours(float[][] vectors, PrintStream progress) {
    int[][] neighbours = new int[vectors.length][];
    int tiles = (vectors.length + TILE - 1) / TILE;
    try (ProgressBar bar = new ProgressBar(progress, "Neighbours", vectors.length, 0)) {
      IntStream.range(0, tiles)
          .parallel()
          .forEach(
              tile -> {
                int from = tile * TILE;
                int to = Math.min(vectors.length, from + TILE);
                BestFirst[] nearest = new BestFirst[to - from];
                Arrays.setAll(nearest, i -> new BestFirst(NEIGHBOURS));
                for (int other = 0; other < vectors.length; other++) {
                  for (int i = from; i < to; i++) {
                    if (i != other) {
                      float similarity = VectorUtil.dotProduct(vectors[i], vectors[other]);
                      nearest[i - from].offer(similarity, other);
                    }
                  }
                }
                for (int i = from; i < to; i++) {
                  neighbours[i] = nearest[i - from].documents();
                }
                bar.advance(to - from);
              });
    }
    return neighbours;
  }

  int size() {
    return size;
  }

  int dims() {
    return originals[0].length;
  }

  /** The vector of a document, not to be modified. */
  float[] vector(int document) {
    if (document < originals.length) {
      return originals[document];
    }
    SplittableRandom random = new SplittableRandom(SEED * 31 + document);
    int base = random.nextInt(originals.length);
    float[] one = originals[base];
    float[] other = originals[neighbours[base][random.nextInt(neighbours[base].length)]];
    float way = (float) random.nextDouble(0.2, 0.8);
    float[] between = new float[one.length];
    for (int d = 0; d < between.length; d++) {
      between[d] = one[d] + way * (other[d] - one[d]);
    }
    UnitLength.scale(between, 0, between.length);
    return between;
  }

  /**
   * The lines of a bulk request for documents.
   *
   * @param from the first
   * @param to after the last
   */
  String bulk(int from, int to) {
    StringBuilder lines = new StringBuilder((to - from) * (dims() * 6 + 128));
    for (int document = from; document < to; document++) {
      lines.append("{\"create\":{\"_id\":\"").append(document).append("\"}}\n");
      lines.append("{\"").append(Filter.FIELD).append("\":[\"all\"");
      for (Filter filter : Filter.values()) {
        if (filter != Filter.NONE && filter.accepts(document)) {
          lines.append(",\"").append(filter.keyword()).append('"');
        }
      }
      lines.append("],\"").append(Peer.FIELD).append("\":\"");
      lines.append(base64(vector(document))).append("\"}\n");
    }
    return lines.toString();
  }

  /** A vector as it travels: big-endian floats in base64. */
  static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
