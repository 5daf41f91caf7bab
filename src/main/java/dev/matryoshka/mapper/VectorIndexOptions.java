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

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.mapper.MapperParsingException;
import org.elasticsearch.xcontent.XContentBuilder;

/**
 * The {@code index_options} of a mapping, as written. Immutable.
 *
 * @param rotation how codes are made
 * @param bits lengths of the nested codes, or null for what suits the dims
 * @param boundDims numbers of components stored to bound similarities by; empty for none
 */
record VectorIndexOptions(
    RotationKind rotation, @Nullable List<Integer> bits, List<Integer> boundDims) {

  static final String NAME = "index_options";
  static final VectorIndexOptions DEFAULT =
      new VectorIndexOptions(CodecOptions.DEFAULT_ROTATION, null, List.of());

  private static final String ROTATION = "rotation";
  private static final String BITS = "bits";
  private static final String BOUND_DIMS = "bound_dims";
  private static final Set<String> KEYS = new TreeSet<>(List.of(ROTATION, BITS, BOUND_DIMS));

  /**
   * Reads the options from a mapping.
   *
   * @throws MapperParsingException that names field, rule and value
   */
  static VectorIndexOptions parse(String field, @Nullable Object node) {
    if (node == null) {
      return DEFAULT;
    }
    if (node instanceof Map<?, ?> == false) {
      throw invalid(field, "must be an object but was [" + node + "]");
    }
    Map<?, ?> options = (Map<?, ?>) node;
    for (Object key : options.keySet()) {
      if (KEYS.contains(key) == false) {
        throw invalid(field, "has no option [" + key + "]; available options are " + KEYS);
      }
    }
    return new VectorIndexOptions(
        parseRotation(field, options.get(ROTATION)),
        parseBits(field, options.get(BITS)),
        parseBoundDims(field, options.get(BOUND_DIMS)));
  }

  private static RotationKind parseRotation(String field, @Nullable Object node) {
    if (node == null) {
      return DEFAULT.rotation;
    }
    try {
      return RotationKind.fromLabel(node.toString());
    } catch (IllegalArgumentException e) {
      throw invalid(field, "has an " + e.getMessage());
    }
  }

  private static List<Integer> parseBits(String field, @Nullable Object node) {
    if (node == null) {
      return null;
    }
    List<Integer> bits = integers(field, BITS, node);
    try {
      return new CodecOptions(VectorElement.FLOAT, DEFAULT.rotation, bits).bits();
    } catch (IllegalArgumentException e) {
      throw invalid(field, "are invalid: " + e.getMessage());
    }
  }

  private static List<Integer> parseBoundDims(String field, @Nullable Object node) {
    if (node == null) {
      return List.of();
    }
    List<Integer> dims = integers(field, BOUND_DIMS, node);
    try {
      return new CodecOptions(VectorElement.FLOAT, DEFAULT.rotation, List.of(), dims).boundDims();
    } catch (IllegalArgumentException e) {
      throw invalid(field, "are invalid: " + e.getMessage());
    }
  }

  private static List<Integer> integers(String field, String option, Object node) {
    List<Integer> integers = new ArrayList<>();
    for (Object value : node instanceof List<?> list ? list : Arrays.asList(node)) {
      if (value instanceof Integer == false) {
        throw invalid(field, "takes integers as [" + option + "] but got [" + value + "]");
      }
      integers.add((Integer) value);
    }
    return integers;
  }

  /**
   * Checks against the dims of the field.
   *
   * @param dims the most it can have where they are not known yet
   * @throws MapperParsingException when there would be more bits or components than a vector has
   *     dimensions
   */
  void validate(String field, int dims) {
    checkAtMost(field, BITS, bits == null ? List.of() : bits, dims);
    checkAtMost(field, BOUND_DIMS, boundDims, dims);
  }

  private static void checkAtMost(String field, String option, List<Integer> lengths, int dims) {
    if (lengths.isEmpty() == false && lengths.getLast() > dims) {
      throw invalid(
          field,
          "must not have ["
              + option
              + "] beyond the ["
              + dims
              + "] dimensions of the field but got ["
              + lengths.getLast()
              + "]");
    }
  }

  /** These options with nothing left open, for a field of that many dims if they are known. */
  VectorIndexOptions resolve(@Nullable Integer dims) {
    return bits != null || dims == null
        ? this
        : new VectorIndexOptions(rotation, CodecOptions.defaultBits(dims), boundDims);
  }

  CodecOptions codecOptions(VectorElement element, int dims) {
    return new CodecOptions(element, rotation, resolve(dims).bits, boundDims);
  }

  void toXContent(XContentBuilder builder) throws IOException {
    builder.startObject(NAME);
    builder.field(ROTATION, rotation.label());
    if (bits != null) {
      builder.field(BITS, bits);
    }
    if (boundDims.isEmpty() == false) {
      builder.field(BOUND_DIMS, boundDims);
    }
    builder.endObject();
  }

  @Override
  public String toString() {
    return "{"
        + ROTATION
        + "="
        + rotation.label()
        + (bits == null ? "" : ", bits=" + bits)
        + (boundDims.isEmpty() ? "" : ", bound_dims=" + boundDims)
        + "}";
  }

  private static MapperParsingException invalid(String field, String rule) {
    return new MapperParsingException("[" + NAME + "] of field [" + field + "] " + rule);
  }
}
