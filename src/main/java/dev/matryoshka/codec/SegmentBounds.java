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

import dev.matryoshka.rotation.BoundBasis;
import java.io.IOException;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexInput;

/**
 * What one field of one segment stores to bound inner products from above, read in place. Immutable
 * and thread-safe; the scans it hands out are not.
 */
public final class SegmentBounds {

  private final IndexInput data;
  private final FieldMeta meta;
  private final BoundMeta bounds;

  SegmentBounds(IndexInput data, FieldMeta meta) {
    this.data = data;
    this.meta = meta;
    this.bounds = meta.bounds();
  }

  /** Numbers of leading components, ascending; a copy. */
  public int[] levels() {
    return bounds.levels().clone();
  }

  /** Bytes on disk. */
  public long bytes() {
    long bytes = bounds.correctionsLength(meta.size()) + bounds.basisLength(meta.dims());
    for (int level = 0; level < bounds.levels().length; level++) {
      bytes += bounds.codesLength(level, meta.size());
    }
    return bytes;
  }

  /** Number of vectors, deleted ones included. */
  int size() {
    return meta.size();
  }

  int dims() {
    return meta.dims();
  }

  BoundMeta meta() {
    return bounds;
  }

  VectorSimilarityFunction similarity() {
    return meta.similarity();
  }

  BoundCursor cursor() throws IOException {
    IndexInput[] areas = new IndexInput[bounds.levels().length];
    for (int level = 0; level < areas.length; level++) {
      areas[level] =
          data.slice("bounds", bounds.codeOffsets()[level], bounds.codesLength(level, meta.size()));
    }
    return new BoundCursor(
        bounds,
        areas,
        data.slice(
            "bound corrections",
            bounds.correctionsOffset(),
            bounds.correctionsLength(meta.size())));
  }

  IndexInput basisSection() throws IOException {
    return data.slice("basis", bounds.basisOffset(), bounds.basisLength(meta.dims()));
  }

  BoundBasis loadBasis() throws IOException {
    return BoundSection.load(basisSection(), meta.dims(), bounds);
  }
}
