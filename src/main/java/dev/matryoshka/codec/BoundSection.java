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

import dev.matryoshka.rotation.BoundBasis;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;

/** Reads and writes the basis section of the data file. */
final class BoundSection {

  private BoundSection() {}

  static void write(BoundBasis basis, IndexOutput data) throws IOException {
    write(basis.offsets(), data);
    write(basis.steps(), data);
    for (float[] row : basis.rows()) {
      write(row, data);
    }
  }

  private static void write(float[] values, IndexOutput data) throws IOException {
    for (float value : values) {
      data.writeInt(Float.floatToRawIntBits(value));
    }
  }

  /** Loads a whole basis onto the heap: its size × dims × 4 bytes, for merging only. */
  static BoundBasis load(IndexInput section, int dims, BoundMeta bounds) throws IOException {
    section.seek(0);
    float[] offsets = new float[bounds.size()];
    section.readFloats(offsets, 0, offsets.length);
    float[] steps = new float[bounds.size()];
    section.readFloats(steps, 0, steps.length);
    float[][] rows = new float[bounds.size()][dims];
    for (float[] row : rows) {
      section.readFloats(row, 0, dims);
    }
    return new BoundBasis(
        bounds.levels(),
        rows,
        offsets,
        steps,
        bounds.deviation(),
        bounds.spreads(),
        bounds.sampleSize());
  }

  /** The identity of a basis, from everything that bytes under it depend on. */
  static RotationId id(BoundBasis basis) {
    int size = basis.rows().length;
    ByteBuffer bytes =
        ByteBuffer.allocate((basis.levels().length + size * (2 + basis.dims())) * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int level : basis.levels()) {
      bytes.putInt(level);
    }
    put(basis.offsets(), bytes);
    put(basis.steps(), bytes);
    for (float[] row : basis.rows()) {
      put(row, bytes);
    }
    long[] hash = StringHelper.murmurhash3_x64_128(new BytesRef(bytes.array()));
    return new RotationId(hash[0], hash[1]);
  }

  private static void put(float[] values, ByteBuffer bytes) {
    for (float value : values) {
      bytes.putFloat(value);
    }
  }
}
