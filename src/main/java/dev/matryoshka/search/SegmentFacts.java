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

import dev.matryoshka.codec.Calibration;
import dev.matryoshka.codec.CodesHealth;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import org.apache.lucene.index.FilterLeafReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SegmentReader;

/**
 * What one field takes and is like in one segment. Bytes are those on disk.
 *
 * @param segment its name, such as {@code _3}
 * @param vectors deleted ones included
 * @param writtenMillis when the segment was written, since the epoch, or -1 where it is not known
 * @param boundBytes what bounds take; 0 without
 * @param codes null where the segment is searched exactly
 */
public record SegmentFacts(
    String segment,
    String field,
    int vectors,
    long rawBytes,
    long boundBytes,
    long writtenMillis,
    Codes codes) {

  /**
   * The codes.
   *
   * @param rotation how they were made
   * @param bits length of the whole code
   * @param trainedOn vectors in the training sample
   * @param trainedAlignment share of a vector that its code knew in training, 0 to 1
   * @param alignment the same of the vectors of this segment; NaN when not measured
   * @param bitBalance 1 when all bits are set in half of the vectors; NaN when not measured
   * @param calibration what its merge measured, or null where it did not
   */
  public record Codes(
      String rotation,
      int bits,
      long codeBytes,
      long correctionBytes,
      long rotationBytes,
      int trainedOn,
      float trainedAlignment,
      float alignment,
      float bitBalance,
      Calibration calibration) {}

  /**
   * Describes a field of a segment.
   *
   * @param measure whether to read codes and vectors to see how they are
   * @return null when the segment has no visible vector of the field
   */
  public static SegmentFacts of(LeafReaderContext leaf, String field, boolean measure)
      throws IOException {
    LeafReader unwrapped = FilterLeafReader.unwrap(leaf.reader());
    // Visible or not is for the given reader to say, which counts what is read as use of the field.
    SegmentView view =
        leaf.reader().getFieldInfos().fieldInfo(field) == null
            ? null
            : SegmentView.open(unwrapped.getContext(), field);
    if (view == null) {
      return null;
    }
    int bytes = view.ours() == null ? Float.BYTES : view.ours().element(field).bytes();
    String name = "";
    long written = -1;
    if (unwrapped instanceof SegmentReader reader) {
      name = reader.getSegmentName();
      String timestamp =
          reader.getSegmentInfo().info.getDiagnostics().getOrDefault("timestamp", "-1");
      written = Long.parseLong(timestamp);
    }
    return new SegmentFacts(
        name,
        field,
        view.size(),
        (long) view.size() * view.dims() * bytes,
        view.bounds() == null ? 0 : view.bounds().bytes(),
        written,
        view.codes() == null ? null : codes(view, measure));
  }

  /** The same with other bounds. */
  public SegmentFacts withBounds(long bytes) {
    return new SegmentFacts(segment, field, vectors, rawBytes, bytes, writtenMillis, codes);
  }

  private static Codes codes(SegmentView view, boolean measure) throws IOException {
    SegmentCodes codes = view.codes();
    CodesHealth health =
        measure ? CodesHealth.of(codes, view.values()) : new CodesHealth(Float.NaN, Float.NaN);
    return new Codes(
        codes.kind().label(),
        codes.bits(),
        codes.codeBytes(),
        codes.correctionBytes(),
        codes.rotationBytes(),
        codes.stats().sampleSize(),
        codes.stats().alignment(),
        health.alignment(),
        health.bitBalance(),
        codes.calibration());
  }
}
