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

import dev.matryoshka.binary.ByteDotKernels;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.apache.lucene.store.IndexInput;

/**
 * Reads the bytes and corrections that bounds are made of, in place where they are mapped into
 * memory as a whole. Not thread-safe.
 */
final class BoundCursor {

  private final BoundMeta bounds;
  private final IndexInput[] areas;
  private final IndexInput corrections;
  private final MemorySegment[] mapped;
  private long[] starts = {};
  private byte[] rows = {};

  BoundCursor(BoundMeta bounds, IndexInput[] areas, IndexInput corrections) throws IOException {
    this.bounds = bounds;
    this.areas = areas;
    this.corrections = corrections;
    this.mapped = new MemorySegment[areas.length];
    for (int level = 0; level < areas.length; level++) {
      mapped[level] = MappedMemory.of(areas[level]);
    }
  }

  /**
   * Inner products of what a level adds to vectors with weights.
   *
   * @param ords ascending
   * @param weights of all levels
   */
  void dots(int level, int[] ords, int count, float[] weights, float[] sums) throws IOException {
    int width = bounds.width(level);
    int from = bounds.levels()[level] - width;
    if (mapped[level] != null) {
      if (starts.length < count) {
        starts = new long[count];
      }
      for (int i = 0; i < count; i++) {
        starts[i] = (long) ords[i] * width;
      }
      ByteDotKernels.INSTANCE.dots(mapped[level], starts, count, width, weights, from, sums);
      return;
    }
    if (rows.length < count * width) {
      rows = new byte[count * width];
    }
    for (int i = 0; i < count; i++) {
      readBytes(level, ords[i], 1, rows, i * width);
    }
    ByteDotKernels.INSTANCE.dots(rows, count, width, weights, from, sums);
  }

  /** Reads what a level adds to adjacent vectors, one after the other. */
  void readBytes(int level, int first, int count, byte[] into, int offset) throws IOException {
    int width = bounds.width(level);
    areas[level].seek((long) first * width);
    areas[level].readBytes(into, offset, count * width);
  }

  /** Reads the corrections of adjacent vectors, one after the other. */
  void readCorrections(int first, int count, float[] into, int offset) throws IOException {
    int perVector = bounds.correctionsPerVector();
    corrections.seek((long) first * perVector * Float.BYTES);
    corrections.readFloats(into, offset, count * perVector);
  }
}
