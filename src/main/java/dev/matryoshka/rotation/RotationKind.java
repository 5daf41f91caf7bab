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
package dev.matryoshka.rotation;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How the projection that precedes binarisation is obtained. Every kind first subtracts the mean of
 * the training sample. The code of a kind is part of the segment format and never changes.
 */
public enum RotationKind {
  /** The leading dimensions as they are: the sign of the centred prefix. */
  NONE(0, false),
  /** A random orthonormal projection of all dimensions; the same for all data of one shape. */
  RANDOM(1, false),
  /** The leading principal components, rotated at random so that every bit carries as much. */
  PCA_RANDOM(2, true),
  /** The leading principal components, rotated so that taking signs loses least. */
  ITQ(3, true),
  /** The leading principal components as they are; for experiments. */
  PCA(4, true);

  private final int code;
  private final boolean learned;

  RotationKind(int code, boolean learned) {
    this.code = code;
    this.learned = learned;
  }

  /** The number that stands for this kind in segment metadata. */
  public int code() {
    return code;
  }

  /** Whether the matrix depends on the data, so that training costs more than a mean. */
  public boolean learned() {
    return learned;
  }

  /** The name in mappings and reports, in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The kind for a segment's code.
   *
   * @throws IllegalArgumentException when no kind has it
   */
  public static RotationKind fromCode(int code) {
    for (RotationKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException("unknown rotation code [" + code + "]");
  }

  /**
   * The kind for a mapping's name.
   *
   * @throws IllegalArgumentException that lists the names when there is none
   */
  public static RotationKind fromLabel(String label) {
    for (RotationKind kind : values()) {
      if (kind.label().equals(label)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "unknown rotation ["
            + label
            + "]; available rotations are ["
            + Arrays.stream(values()).map(RotationKind::label).collect(Collectors.joining(", "))
            + "]");
  }
}
