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

import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

public final class MatryoshkaVectorsFormat extends KnnVectorsFormat {
  public static final String NAME = "Matryoshka953VectorsFormat";
  public static final int MAX_DIMS = 4096;

  /** For readers, which the SPI creates: a segment carries its own configuration. */
  public MatryoshkaVectorsFormat() {
    this(null);
  }

  /** For writers of one field: {@code null} takes the defaults for the dims. */
  public MatryoshkaVectorsFormat(CodecOptions options) {
    super(NAME);
  }

  @Override
  public KnnVectorsWriter fieldsWriter(SegmentWriteState state) {
    throw new UnsupportedOperationException("being written");
  }

  @Override
  public KnnVectorsReader fieldsReader(SegmentReadState state) {
    throw new UnsupportedOperationException("being written");
  }

  @Override
  public int getMaxDimensions(String fieldName) {
    return MAX_DIMS;
  }
}
