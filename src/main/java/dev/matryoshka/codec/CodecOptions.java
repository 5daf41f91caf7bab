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

import dev.matryoshka.rotation.RotationKind;
import java.util.List;

/**
 * What a field's mapping asks of newly written segments. Readers never see it: a segment says
 * everything about itself. Immutable.
 *
 * @param element how full-precision vectors are stored
 * @param rotation how codes are made
 * @param bits lengths of the nested code prefixes in ascending order, each a multiple of 64 and at
 *     most the dims of the field; empty for a field that is searched exactly
 * @param boundDims numbers of leading principal components that are stored in a byte each, to bound
 *     similarities by, in ascending order, each a multiple of 64 and at most the dims of the field;
 *     empty for none
 */
public record CodecOptions(
    VectorElement element, RotationKind rotation, List<Integer> bits, List<Integer> boundDims) {

  /** What numbers of components for bounds are multiples of. */
  static final int BOUND_UNIT = Long.SIZE;

  /** Vectors of fewer dimensions carry no codes: an exact scan costs hardly more. */
  public static final int MIN_DIMS_FOR_CODES = 64;

  /** What {@code docs/quality.md} measures as best. */
  public static final RotationKind DEFAULT_ROTATION = RotationKind.ITQ;

  /** The longest code that is made without being asked for. */
  public static final int DEFAULT_BITS = 256;

  public CodecOptions {
    bits = checked("bits", bits);
    boundDims = checked("bound_dims", boundDims);
  }

  /** Options without bounds. */
  public CodecOptions(VectorElement element, RotationKind rotation, List<Integer> bits) {
    this(element, rotation, bits, List.of());
  }

  private static List<Integer> checked(String name, List<Integer> lengths) {
    int previous = 0;
    for (int length : lengths) {
      if (length % Long.SIZE != 0 || length <= 0) {
        throw new IllegalArgumentException(
            "["
                + name
                + "] must be positive multiples of ["
                + Long.SIZE
                + "] but got ["
                + length
                + "]");
      }
      if (length <= previous) {
        throw new IllegalArgumentException(
            "[" + name + "] must be strictly ascending but got " + lengths);
      }
      previous = length;
    }
    return List.copyOf(lengths);
  }

  /** The code lengths for vectors of that many dims when the mapping names none. */
  public static List<Integer> defaultBits(int dims) {
    return dims < MIN_DIMS_FOR_CODES
        ? List.of()
        : List.of(Math.min(DEFAULT_BITS, dims / Long.SIZE * Long.SIZE));
  }

  /** Default options for vectors of that many dims. */
  public static CodecOptions defaults(int dims) {
    return new CodecOptions(VectorElement.FLOAT, DEFAULT_ROTATION, defaultBits(dims));
  }
}
