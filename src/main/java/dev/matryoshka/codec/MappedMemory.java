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

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.MemorySegmentAccessInput;

/** Access to files in place, without a copy on the heap. Stateless. */
public final class MappedMemory {

  private MappedMemory() {}

  /**
   * All bytes of an input where they are mapped into memory in one piece, otherwise null. They are
   * valid for as long as the input is open.
   */
  public static MemorySegment of(IndexInput input) throws IOException {
    if (input instanceof MemorySegmentAccessInput access) {
      MemorySegment segment = access.segmentSliceOrNull(0, input.length());
      return segment != null && segment.isNative() ? segment : null;
    }
    return null;
  }
}
