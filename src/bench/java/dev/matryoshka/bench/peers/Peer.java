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

import dev.matryoshka.codec.CodecOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A way to index vectors, with everything at its default. */
enum Peer {
  MATRYOSHKA("matryoshka"),
  FLAT("knn"),
  BBQ_FLAT("knn"),
  BBQ_HNSW("knn"),
  INT8_HNSW("knn");

  /** The vector field. */
  static final String FIELD = "embedding";

  private final String query;

  Peer(String query) {
    this.query = query;
  }

  /**
   * How hard to search.
   *
   * @param label for tables
   * @param json what a query has besides its vector; empty for the default
   */
  record Effort(String label, String json) {
    static final Effort DEFAULT = new Effort("default", "");
  }

  private static Effort candidates(int candidates) {
    return new Effort("num_candidates " + candidates, ",\"num_candidates\":" + candidates);
  }

  private static Effort oversample(double factor) {
    return new Effort(
        "oversample " + factor, ",\"rescore_vector\":{\"oversample\":" + factor + "}");
  }

  private static Effort stages(int dims, int scanned, int rescored) {
    return new Effort(
        "keep " + scanned + ", " + rescored,
        """
        ,"stages":[{"bits":256,"keep":%d},\
        {"bits":256,"score":"asymmetric","keep":%d},{"dims":%d}]"""
            .formatted(scanned, rescored, dims));
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Peer of(String label) {
    return Arrays.stream(values())
        .filter(peer -> peer.label().equals(label))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown field ["
                        + label
                        + "], known are "
                        + Arrays.stream(values()).map(Peer::label).toList()));
  }

  /** Efforts from the least to the greatest. */
  List<Effort> efforts(int dims) {
    return switch (this) {
      case MATRYOSHKA ->
          List.of(
              stages(dims, 300, 60),
              stages(dims, 1000, 150),
              stages(dims, 2000, 400),
              Effort.DEFAULT,
              stages(dims, 10_000, 2000));
      case FLAT -> List.of(Effort.DEFAULT);
      case BBQ_FLAT -> List.of(oversample(1.5), Effort.DEFAULT, oversample(5), oversample(10));
      case BBQ_HNSW, INT8_HNSW ->
          List.of(Effort.DEFAULT, candidates(50), candidates(100), candidates(200));
    };
  }

  String mapping(int dims) {
    String type =
        this == MATRYOSHKA
            ? "\"type\":\"matryoshka_vector\""
            : "\"type\":\"dense_vector\",\"index_options\":{\"type\":\"" + label() + "\"}";
    return "{" + type + ",\"dims\":" + dims + ",\"similarity\":\"cosine\"}";
  }

  /**
   * The body of a search.
   *
   * @param vector in base64
   */
  String search(String vector, int k, Filter filter, Effort effort) {
    return """
        {"size":%d,"_source":false,\
        "query":{"%s":{"field":"%s","query_vector":"%s","k":%d%s%s}}}"""
        .formatted(k, query, FIELD, vector, k, effort.json(), filter.json());
  }

  /**
   * Bytes that a search without filter reads of every index before it looks at single vectors.
   *
   * @param offHeap bytes of the segments' files by extension, as index statistics give them
   */
  long firstStageBytes(int documents, int dims, OffHeap offHeap) {
    return switch (this) {
      case MATRYOSHKA -> {
        List<Integer> bits = CodecOptions.defaults(dims).bits();
        long codes = (long) documents * bits.getLast() / Byte.SIZE;
        // Read by searches that estimate everything, which is where hard ones end up.
        long corrections = (bits.size() + 1L) * documents;
        yield codes + corrections + (1L + bits.getLast()) * dims * Float.BYTES;
      }
      case FLAT -> offHeap.vectors();
      case BBQ_FLAT -> offHeap.binary();
      case BBQ_HNSW -> offHeap.binary() + offHeap.graph();
      case INT8_HNSW -> offHeap.quantised() + offHeap.graph();
    };
  }

  /** Bytes of parts of an index. */
  record OffHeap(long vectors, long binary, long quantised, long graph) {}
}
