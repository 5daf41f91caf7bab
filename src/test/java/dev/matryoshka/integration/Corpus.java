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
package dev.matryoshka.integration;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;

/**
 * Documents with vectors of falling variance, as embeddings have, and the exact answers to expect.
 * Document {@code i} has the id {@code i}, the number {@code n: i} and the {@code group: i % 10}.
 */
final class Corpus {

  static final String FIELD = "vector";
  static final int DIMS = 96;

  /** Codes of 64 bits: the mapping's default for {@link #DIMS}. */
  static final int BITS = 64;

  private final float[][] vectors;
  private final Random random;

  /** A document and its cosine score. */
  record Answer(int doc, float score) {}

  Corpus(long seed, int count) {
    random = new Random(seed);
    vectors = new float[count][];
    for (int i = 0; i < count; i++) {
      vectors[i] = vector();
    }
  }

  int size() {
    return vectors.length;
  }

  float[] vector(int doc) {
    return vectors[doc];
  }

  /** Another vector of the same kind, of any length. */
  float[] vector() {
    float[] vector = new float[DIMS];
    float length = 0.5f + random.nextFloat();
    for (int i = 0; i < DIMS; i++) {
      vector[i] = (float) (length * random.nextGaussian() / (1 + i / 8.0));
    }
    return vector;
  }

  void replace(int doc, float[] vector) {
    vectors[doc] = vector;
  }

  /** The k most similar of the documents accepted, best first. */
  List<Answer> nearest(float[] query, int k, IntPredicate accept) {
    return IntStream.range(0, size())
        .filter(accept)
        .mapToObj(doc -> new Answer(doc, score(query, vectors[doc])))
        .sorted(Comparator.comparing(answer -> -answer.score()))
        .limit(k)
        .toList();
  }

  static float score(float[] a, float[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < DIMS; i++) {
      product += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return (float) ((1 + product / Math.sqrt(squaresA * squaresB)) / 2);
  }

  XContentBuilder document(int doc) throws IOException {
    return XContentFactory.jsonBuilder()
        .startObject()
        .field("n", doc)
        .field("group", String.valueOf(doc % 10))
        .field(FIELD, vectors[doc])
        .endObject();
  }

  static XContentBuilder mapping() throws IOException {
    XContentBuilder b = XContentFactory.jsonBuilder().startObject().startObject("properties");
    b.startObject(FIELD).field("type", "matryoshka_vector").field("dims", DIMS).endObject();
    b.startObject("group").field("type", "keyword").endObject();
    b.startObject("n").field("type", "integer").endObject();
    return b.endObject().endObject();
  }

  static List<Float> asList(float[] vector) {
    List<Float> list = new ArrayList<>(vector.length);
    for (float component : vector) {
      list.add(component);
    }
    return list;
  }
}
