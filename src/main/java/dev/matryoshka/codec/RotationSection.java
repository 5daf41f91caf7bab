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

import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;

/** Reads and writes the rotation section of the data file. */
final class RotationSection {

  private RotationSection() {}

  static void write(Rotation rotation, IndexOutput data) throws IOException {
    writeFloats(rotation.mean(), data);
    if (rotation.matrix() != null) {
      writeFloats(rotation.matrix(), data);
    }
  }

  /** Loads a whole rotation onto the heap: bits × dims × 4 bytes, for merging only. */
  static Rotation load(IndexInput section, int dims, FieldMeta.CodesMeta codes) throws IOException {
    section.seek(0);
    float[] mean = new float[dims];
    section.readFloats(mean, 0, dims);
    float[] matrix = null;
    if (codes.kind() != RotationKind.NONE) {
      matrix = new float[codes.bits() * dims];
      section.readFloats(matrix, 0, matrix.length);
    }
    return new Rotation(codes.kind(), codes.levels().clone(), mean, matrix, codes.stats());
  }

  /** The identity of a rotation, from everything that codes under it depend on. */
  static RotationId id(Rotation rotation) {
    int floats = rotation.dims() + (rotation.matrix() == null ? 0 : rotation.matrix().length);
    int[] levels = rotation.levels();
    ByteBuffer bytes =
        ByteBuffer.allocate((2 + levels.length + floats) * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(rotation.kind().code()).putInt(levels.length);
    for (int length : levels) {
      bytes.putInt(length);
    }
    for (float value : rotation.mean()) {
      bytes.putFloat(value);
    }
    if (rotation.matrix() != null) {
      for (float value : rotation.matrix()) {
        bytes.putFloat(value);
      }
    }
    long[] hash = StringHelper.murmurhash3_x64_128(new BytesRef(bytes.array()));
    return new RotationId(hash[0], hash[1]);
  }

  private static void writeFloats(float[] values, IndexOutput data) throws IOException {
    for (float value : values) {
      data.writeInt(Float.floatToRawIntBits(value));
    }
  }
}
