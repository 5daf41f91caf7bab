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
import org.apache.lucene.store.IndexInput;

/** Reads the bytes and corrections that bounds are made of. Not thread-safe. */
final class BoundCursor {

  private final BoundMeta bounds;
  private final IndexInput[] areas;
  private final IndexInput corrections;

  BoundCursor(BoundMeta bounds, IndexInput[] areas, IndexInput corrections) {
    this.bounds = bounds;
    this.areas = areas;
    this.corrections = corrections;
  }

  /** Reads what a level adds to adjacent vectors, one after the other. */
  void readBytes(int level, int first, int count, byte[] into, int offset) throws IOException {
    int width = bounds.width(level);
    areas[level].seek((long) first * width);
    areas[level].readBytes(into, offset, count * width);
  }

  /** Reads the corrections of adjacent vectors, one after the other. */
  void readCorrections(int first, int count, float[] into) throws IOException {
    int perVector = bounds.correctionsPerVector();
    corrections.seek((long) first * perVector * Float.BYTES);
    corrections.readFloats(into, 0, count * perVector);
  }
}
