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
package dev.matryoshka.mapper;

import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParser.Token;

/** Reads a vector from a document: an array of numbers, or base64 of big-endian components. */
final class VectorParser {

  private static final int INITIAL_CAPACITY = 64;

  private VectorParser() {}

  /**
   * Reads the value the parser stands on, to its end.
   *
   * @param field full name of the field, for messages
   * @param dims expected dimensions, or null when the vector itself is to tell; then base64 is read
   *     as floats
   * @return as many components as were given; at most one more than a field may have
   * @throws IllegalArgumentException that names the field when the value is no vector
   */
  static float[] parse(XContentParser parser, String field, @Nullable Integer dims)
      throws IOException {
    Token token = parser.currentToken();
    return switch (token) {
      case START_ARRAY -> array(parser, field, dims);
      case VALUE_STRING -> base64(parser.text(), field, dims);
      default ->
          throw new IllegalArgumentException(
              "field ["
                  + field
                  + "] takes an array of numbers or a base64 string but got "
                  + (token.isValue() ? "[" + parser.text() + "]" : "[" + token + "]"));
    };
  }

  private static float[] array(XContentParser parser, String field, @Nullable Integer dims)
      throws IOException {
    float[] vector = new float[dims == null ? INITIAL_CAPACITY : dims];
    int count = 0;
    for (Token token = parser.nextToken(); token != Token.END_ARRAY; token = parser.nextToken()) {
      if (token != Token.VALUE_NUMBER) {
        throw new IllegalArgumentException(
            "field ["
                + field
                + "] takes arrays of numbers but got ["
                + (token.isValue() ? parser.text() : token)
                + "] at dimension ["
                + count
                + "]");
      }
      if (count == vector.length) {
        vector = grow(vector, field, dims, parser);
      }
      vector[count++] = parser.floatValue();
    }
    return count == vector.length ? vector : Arrays.copyOf(vector, count);
  }

  /** More room, but not for vectors that are too long anyway. */
  private static float[] grow(
      float[] vector, String field, @Nullable Integer dims, XContentParser parser)
      throws IOException {
    int most = dims == null ? MatryoshkaVectorsFormat.MAX_DIMS : dims;
    if (vector.length >= most) {
      int count = vector.length + 1;
      while (parser.nextToken() != Token.END_ARRAY) {
        count++;
      }
      throw new IllegalArgumentException(
          "field ["
              + field
              + "] has at most ["
              + most
              + "] dimensions but got a vector of ["
              + count
              + "]");
    }
    return Arrays.copyOf(vector, Math.min(most, vector.length * 2));
  }

  /**
   * Decodes base64 of big-endian floats, or where the length says so of big-endian bfloat16.
   *
   * @param dims expected dimensions, or null for floats of any number
   */
  static float[] base64(String text, String field, @Nullable Integer dims) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "field [" + field + "] got a string that is not base64: " + e.getMessage(), e);
    }
    if (dims != null && bytes.length == dims * Short.BYTES) {
      return bfloat16(bytes);
    }
    if (dims == null ? bytes.length % Float.BYTES == 0 : bytes.length == dims * Float.BYTES) {
      float[] vector = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).asFloatBuffer().get(vector);
      return vector;
    }
    throw new IllegalArgumentException(
        "field ["
            + field
            + "] takes base64 of "
            + (dims == null
                ? "a multiple of [" + Float.BYTES + "]"
                : "[" + dims * Float.BYTES + "] or [" + dims * Short.BYTES + "]")
            + " bytes but got ["
            + bytes.length
            + "]");
  }

  private static float[] bfloat16(byte[] bytes) {
    ByteBuffer halves = ByteBuffer.wrap(bytes);
    float[] vector = new float[bytes.length / Short.BYTES];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = Float.intBitsToFloat(halves.getShort() << Short.SIZE);
    }
    return vector;
  }
}
