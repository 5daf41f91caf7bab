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

import java.util.Locale;

/** How the components of the full-precision vectors are stored. The code is part of the format. */
public enum VectorElement {
  /** IEEE 754 binary32: four bytes, exactly what was indexed. */
  FLOAT(0, Float.BYTES),
  /** The upper half of a binary32, rounded to nearest even: two bytes, eight bits of precision. */
  BFLOAT16(1, Short.BYTES);

  private final int code;
  private final int bytes;

  VectorElement(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The number that stands for this element in segment metadata. */
  public int code() {
    return code;
  }

  /** Bytes of one component on disk. */
  public int bytes() {
    return bytes;
  }

  /** The name in mappings, in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The element for a segment's code.
   *
   * @throws IllegalArgumentException when no element has it
   */
  public static VectorElement fromCode(int code) {
    for (VectorElement element : values()) {
      if (element.code == code) {
        return element;
      }
    }
    throw new IllegalArgumentException("unknown element code [" + code + "]");
  }
}
