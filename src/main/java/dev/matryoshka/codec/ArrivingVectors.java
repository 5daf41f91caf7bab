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
package dev.matryoshka.codec;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.lucene.codecs.KnnFieldVectorsWriter;
import org.apache.lucene.codecs.hnsw.FlatFieldVectorsWriter;
import org.apache.lucene.index.DocsWithFieldSet;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.VectorSimilarityFunction;

/**
 * The vectors of one field that wait to be flushed, with their codes wherever a rotation can be
 * inherited: encoded as documents arrive, by the threads that index, since whoever refreshes waits
 * for the flush. A segment that stays too small for codes is not encoded. Whether the rotation
 * still suits the vectors shows at the flush; if not, these codes are dropped. For one thread at a
 * time.
 */
final class ArrivingVectors extends KnnFieldVectorsWriter<float[]> {

  private static final int BLOCK = MatryoshkaVectorsFormat.BLOCK;

  private final FieldInfo field;
  private final FlatFieldVectorsWriter<float[]> vectors;
  private final Supplier<KnownRotation> recent;
  private final List<Block> blocks = new ArrayList<>();
  private KnownRotation rotation;
  private CodeEncoder encoder;
  private int count;
  private int encoded;

  /** In groups of lanes, as in a segment. */
  private record Block(long[] codes, float[] corrections) {}

  /**
   * @param vectors keeps them
   * @param recent a rotation that can be inherited, or null
   */
  ArrivingVectors(
      FieldInfo field, FlatFieldVectorsWriter<float[]> vectors, Supplier<KnownRotation> recent) {
    this.field = field;
    this.vectors = vectors;
    this.recent = recent;
  }

  FieldInfo field() {
    return field;
  }

  List<float[]> vectors() {
    return vectors.getVectors();
  }

  DocsWithFieldSet docs() {
    return vectors.getDocsWithFieldSet();
  }

  /** That of the codes, or null. */
  KnownRotation rotation() {
    return rotation;
  }

  @Override
  public void addValue(int doc, float[] vector) throws IOException {
    vectors.addValue(doc, vector);
    count++;
    if (rotation == null && count % MatryoshkaVectorsFormat.MIN_CODED_VECTORS == 0) {
      rotation = recent.get();
      encoder = rotation == null ? null : new CodeEncoder(rotation.rotation(), similarity());
    }
    if (rotation != null && count - encoded >= CodeEncoder.BATCH) {
      encode();
    }
  }

  private VectorSimilarityFunction similarity() {
    return field.getVectorSimilarityFunction();
  }

  private void encode() {
    List<float[]> all = vectors();
    for (; encoded < count; encoded++) {
      int lane = encoded % BLOCK;
      if (lane == 0) {
        encodePending();
        blocks.add(
            new Block(new long[BLOCK * encoder.words()], new float[BLOCK * encoder.perVector()]));
      }
      if (encoder.add(all.get(encoded), lane)) {
        encodePending();
      }
    }
  }

  private void encodePending() {
    if (blocks.isEmpty() == false) {
      Block last = blocks.getLast();
      encoder.encode(last.codes, last.corrections);
    }
  }

  /** Whether all vectors have codes now, under that rotation. */
  boolean encodedUnder(RotationId id) {
    if (rotation == null || rotation.id().equals(id) == false) {
      return false;
    }
    encode();
    encodePending();
    return true;
  }

  /** Copies the code of a vector, where {@link #encodedUnder} says that it has one. */
  void copy(CodeAreaWriter writer, int ord) throws IOException {
    Block block = blocks.get(ord / BLOCK);
    writer.copy(block.codes, block.corrections, ord % BLOCK);
  }

  @Override
  public float[] copyValue(float[] vector) {
    return vectors.copyValue(vector);
  }

  /** Heap of the codes; that of the vectors is their own writer's. */
  long bytesOfCodes() {
    if (encoder == null) {
      return 0;
    }
    long block = (long) Long.BYTES * encoder.words() + (long) Float.BYTES * encoder.perVector();
    return encoder.bytes() + blocks.size() * BLOCK * block;
  }

  @Override
  public long ramBytesUsed() {
    return vectors.ramBytesUsed() + bytesOfCodes();
  }
}
