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

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.VectorEncoding;

/**
 * Conversion between floats and bfloat16, the upper half of a float, and the view of a bfloat16
 * field as a byte field of twice the dimension under which Lucene's flat format stores it.
 */
public final class BFloat16 {

  private BFloat16() {}

  /**
   * The nearest value that bfloat16 can hold, ties to even. Values within half a step of the
   * largest float round to infinity; NaN stays NaN.
   */
  public static float round(float value) {
    return Float.intBitsToFloat(upperHalf(value) << Short.SIZE);
  }

  private static int upperHalf(float value) {
    int bits = Float.floatToIntBits(value);
    if (Float.isNaN(value)) {
      return bits >>> Short.SIZE;
    }
    int tieToEven = bits >>> Short.SIZE & 1;
    return bits + 0x7fff + tieToEven >>> Short.SIZE;
  }

  /** Rounds and stores, low byte first. */
  static void encode(float[] vector, byte[] into) {
    for (int i = 0; i < vector.length; i++) {
      int half = upperHalf(vector[i]);
      into[2 * i] = (byte) half;
      into[2 * i + 1] = (byte) (half >>> Byte.SIZE);
    }
  }

  static void decode(byte[] bytes, float[] into) {
    for (int i = 0; i < into.length; i++) {
      int half = (bytes[2 * i] & 0xff) | bytes[2 * i + 1] << Byte.SIZE;
      into[i] = Float.intBitsToFloat(half << Short.SIZE);
    }
  }

  /** The field as Lucene's flat format sees it. */
  static FieldInfo asBytes(FieldInfo field) {
    if (field.getVectorEncoding() != VectorEncoding.FLOAT32) {
      throw new IllegalArgumentException(
          "field ["
              + field.name
              + "] holds ["
              + field.getVectorEncoding()
              + "] vectors and cannot be stored as [bfloat16]");
    }
    return new FieldInfo(
        field.name,
        field.number,
        field.hasTermVectors(),
        field.omitsNorms(),
        field.hasPayloads(),
        field.getIndexOptions(),
        field.getDocValuesType(),
        field.docValuesSkipIndexType(),
        field.getDocValuesGen(),
        field.attributes(),
        field.getPointDimensionCount(),
        field.getPointIndexDimensionCount(),
        field.getPointNumBytes(),
        field.getVectorDimension() * Short.BYTES,
        VectorEncoding.BYTE,
        field.getVectorSimilarityFunction(),
        field.isSoftDeletesField(),
        field.isParentField());
  }

  /** As {@link #asBytes(FieldInfo)} for all float vector fields of a segment. */
  static FieldInfos asBytes(FieldInfos fields) {
    List<FieldInfo> all = new ArrayList<>();
    for (FieldInfo field : fields) {
      boolean floats =
          field.hasVectorValues() && field.getVectorEncoding() == VectorEncoding.FLOAT32;
      all.add(floats ? asBytes(field) : field);
    }
    return new FieldInfos(all.toArray(FieldInfo[]::new));
  }
}
