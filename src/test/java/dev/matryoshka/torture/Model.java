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
package dev.matryoshka.torture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What a client knows of the documents it has sent. A change that was acknowledged is certain; one
 * that was not may have happened or may happen yet, so its document is left alone from then on.
 * Thread-safe.
 */
final class Model {

  static final int DIMS = 64;

  /** No vector: the document is not there. */
  static final float[] ABSENT = {};

  private final Map<String, Document> documents = new HashMap<>();

  /** A document: all vectors it was ever sent with, and the ones it may have now. */
  static final class Document {
    final List<float[]> sent = new ArrayList<>();
    List<float[]> possible = List.of(ABSENT);
    boolean busy;

    private boolean mayBeChanged() {
      return busy == false && possible.size() == 1;
    }
  }

  /** A vector of falling variance, as embeddings have. */
  static float[] vector(Random random) {
    float[] vector = new float[DIMS];
    for (int i = 0; i < DIMS; i++) {
      vector[i] = (float) (random.nextGaussian() / (1 + i / 8.0));
    }
    return vector;
  }

  /** Reserves a document for a change; false when it must be left alone. */
  synchronized boolean begin(String id, float[] wanted) {
    Document document = documents.computeIfAbsent(id, key -> new Document());
    if (document.mayBeChanged() == false) {
      return false;
    }
    document.busy = true;
    if (wanted != ABSENT) {
      document.sent.add(wanted);
    }
    return true;
  }

  synchronized void acknowledged(String id, float[] now) {
    Document document = documents.get(id);
    document.possible = List.of(now);
    document.busy = false;
  }

  /** Nothing has happened to the document. */
  synchronized void refused(String id) {
    documents.get(id).busy = false;
  }

  synchronized void unknown(String id, float[] wanted) {
    Document document = documents.get(id);
    document.possible = List.of(document.possible.getFirst(), wanted);
    document.busy = false;
  }

  /** The vector of a document of which there is one, or null. */
  synchronized float[] present(String id) {
    Document document = documents.get(id);
    return document == null
            || document.mayBeChanged() == false
            || document.possible.getFirst() == ABSENT
        ? null
        : document.possible.getFirst();
  }

  /** Every vector that a document was ever sent with. */
  synchronized List<float[]> everSent(String id) {
    Document document = documents.get(id);
    return document == null ? List.of() : List.copyOf(document.sent);
  }

  /** Documents by id, when nothing is under way any more. */
  synchronized Map<String, Document> all() {
    return Map.copyOf(documents);
  }

  synchronized int uncertain() {
    return (int) documents.values().stream().filter(each -> each.possible.size() > 1).count();
  }

  static double cosine(float[] a, float[] b) {
    double product = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < DIMS; i++) {
      product += (double) a[i] * b[i];
      squareA += (double) a[i] * a[i];
      squareB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squareA * squareB);
  }

  /** What Elasticsearch makes of a cosine. */
  static double score(float[] query, float[] vector) {
    return (1 + cosine(query, vector)) / 2;
  }

  static boolean mayScore(float score, float[] query, Collection<float[]> vectors) {
    return vectors.stream().anyMatch(vector -> Math.abs(score - score(query, vector)) < 1e-5);
  }
}
