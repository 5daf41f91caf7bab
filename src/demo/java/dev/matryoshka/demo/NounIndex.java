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
package dev.matryoshka.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import dev.matryoshka.terminal.ProgressBar;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;

/** The index of the demo on a server. */
final class NounIndex {
  static final String NAME = "wordnet";

  /** What {@link #count} says of an index that is not there. */
  static final long NONE = -1;

  private static final int BULK_DOCS = 500;

  private static final String MAPPING =
      """
      {
        "settings": { "number_of_shards": 1, "number_of_replicas": 0 },
        "mappings": {
          "properties": {
            "lemmas":    { "type": "keyword" },
            "gloss":     { "type": "text" },
            "hypernyms": { "type": "keyword" },
            "meaning":   { "type": "matryoshka_vector", "dims": %d, "similarity": "cosine" }
          }
        }
      }
      """
          .formatted(TextEmbedder.DIMS);

  private final RestClient client;
  private final ObjectMapper json = new ObjectMapper();

  NounIndex(RestClient client) {
    this.client = client;
  }

  void fill(List<Noun> nouns, GlossVectors vectors, PrintStream out) throws IOException {
    client.request("PUT", "/" + NAME, MAPPING).ok();
    try (ProgressBar bar = new ProgressBar(out, "Indexing", nouns.size(), 0)) {
      for (int from = 0; from < nouns.size(); from += BULK_DOCS) {
        List<Noun> batch = nouns.subList(from, Math.min(from + BULK_DOCS, nouns.size()));
        index(batch, vectors);
        bar.advance(batch.size());
      }
    }
    client.request("POST", "/" + NAME + "/_refresh", null).ok();
  }

  private void index(List<Noun> nouns, GlossVectors vectors) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Noun noun : nouns) {
      lines.append("{\"index\":{\"_id\":\"").append(noun.id()).append("\"}}\n");
      lines.append(document(noun, vectors.of(noun))).append('\n');
    }
    JsonNode result =
        json.readTree(client.request("POST", "/" + NAME + "/_bulk", lines.toString()).ok().body());
    if (result.get("errors").asBoolean()) {
      throw new IOException("some documents were refused: " + result.findValue("error"));
    }
  }

  private ObjectNode document(Noun noun, float[] vector) {
    ObjectNode document = json.createObjectNode();
    document.set("lemmas", json.valueToTree(noun.lemmas()));
    document.put("gloss", noun.gloss());
    document.set("hypernyms", json.valueToTree(noun.hypernyms()));
    document.put("meaning", base64(vector));
    return document;
  }

  /** Vectors travel as big-endian floats in base64, at a third of the size of decimal numbers. */
  static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /** Documents in the index, or {@link #NONE} when there is no index, or no server. */
  long count() throws IOException {
    try {
      RestResponse response = client.request("GET", "/" + NAME + "/_count", null);
      return response.status() == 200 ? json.readTree(response.body()).get("count").asLong() : NONE;
    } catch (UncheckedIOException e) {
      return NONE;
    }
  }

  JsonNode search(String body) throws IOException {
    return json.readTree(client.request("POST", "/" + NAME + "/_search", body).ok().body());
  }
}
