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
import java.util.Arrays;

/** A rotation under which codes already exist. Immutable. */
record KnownRotation(Rotation rotation, RotationId id) {

  static KnownRotation of(Rotation rotation) {
    return new KnownRotation(rotation, RotationSection.id(rotation));
  }

  static KnownRotation of(SegmentCodes codes) throws IOException {
    return new KnownRotation(codes.loadRotation(), codes.rotationId());
  }

  /** Whether it makes the codes that are asked for. */
  boolean fits(RotationKind kind, int[] levels, int dims) {
    return rotation.kind() == kind
        && rotation.dims() == dims
        && Arrays.equals(rotation.levels(), levels);
  }

  /** Heap it takes. */
  long bytes() {
    return rotation.bytes();
  }
}
