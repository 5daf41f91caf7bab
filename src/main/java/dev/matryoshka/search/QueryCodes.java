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
package dev.matryoshka.search;

import dev.matryoshka.codec.QueryCode;
import dev.matryoshka.codec.RotationId;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A query vector, and what codes of a field are compared with: made once for all segments that have
 * inherited the same rotation, since it takes reading a matrix of bits × dims floats. Thread-safe.
 */
final class QueryCodes {

  private final float[] target;
  private final Map<RotationId, QueryCode> known = new ConcurrentHashMap<>();

  /**
   * @param target not to be modified
   */
  QueryCodes(float[] target) {
    this.target = target;
  }

  float[] target() {
    return target;
  }

  QueryCode of(SegmentCodes codes) throws IOException {
    QueryCode code = known.get(codes.rotationId());
    if (code == null) {
      code = codes.encode(target);
      known.put(codes.rotationId(), code);
    }
    return code;
  }
}
