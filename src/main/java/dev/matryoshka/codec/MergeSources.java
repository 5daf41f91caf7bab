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

import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter.MergedVectorValues;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.index.DocIDMerger;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.MergeState;
import org.apache.lucene.search.DocIdSetIterator;

/** The vectors of one field in all segments of a merge, with the codes that some of them bring. */
final class MergeSources {

  private final MergeState mergeState;
  private final List<Source> sources = new ArrayList<>();

  /**
   * One segment's share.
   *
   * @param live vectors that survive the merge
   */
  private record Source(
      MergeState.DocMap docMap,
      KnnVectorsReader reader,
      String field,
      SegmentCodes codes,
      int live) {

    /** New values for each iteration: those of sparse fields share one iterator. */
    FloatVectorValues values() throws IOException {
      return reader.getFloatVectorValues(field);
    }
  }

  MergeSources(FieldInfo field, MergeState mergeState) throws IOException {
    this.mergeState = mergeState;
    for (int i = 0; i < mergeState.knnVectorsReaders.length; i++) {
      KnnVectorsReader reader = mergeState.knnVectorsReaders[i];
      if (reader == null
          || MergedVectorValues.hasVectorValues(mergeState.fieldInfos[i], field.name) == false) {
        continue;
      }
      FloatVectorValues values = reader.getFloatVectorValues(field.name);
      if (values != null) {
        MergeState.DocMap docMap = mergeState.docMaps[i];
        sources.add(
            new Source(
                docMap, reader, field.name, codes(reader, field.name), live(values, docMap)));
      }
    }
  }

  private static int live(FloatVectorValues values, MergeState.DocMap docMap) throws IOException {
    int live = 0;
    KnnVectorValues.DocIndexIterator iterator = values.iterator();
    for (int doc = iterator.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = iterator.nextDoc()) {
      live += docMap.get(doc) == -1 ? 0 : 1;
    }
    return live;
  }

  private static SegmentCodes codes(KnnVectorsReader reader, String field) {
    KnnVectorsReader own =
        reader instanceof PerFieldKnnVectorsFormat.FieldsReader perField
            ? perField.getFieldReader(field)
            : reader;
    return own instanceof MatryoshkaVectorsReader matryoshka ? matryoshka.codes(field) : null;
  }

  /** Vectors in the merged segment. */
  int live() {
    return sources.stream().mapToInt(Source::live).sum();
  }

  /** Codes under the rotation that most vectors have codes of, of those wanted; or null. */
  SegmentCodes inheritable(RotationKind kind, int[] levels) {
    Map<RotationId, Integer> counts = new HashMap<>();
    SegmentCodes best = null;
    for (Source source : sources) {
      SegmentCodes codes = source.codes;
      if (codes == null || codes.kind() != kind || Arrays.equals(codes.levels(), levels) == false) {
        continue;
      }
      counts.merge(codes.rotationId(), source.live, Integer::sum);
      if (best == null || counts.get(codes.rotationId()) > counts.get(best.rotationId())) {
        best = codes;
      }
    }
    return best;
  }

  /** Offers all surviving vectors to a sample. */
  void sample(VectorSample sample) throws IOException {
    for (Source source : sources) {
      FloatVectorValues values = source.values();
      KnnVectorValues.DocIndexIterator iterator = values.iterator();
      for (int doc = iterator.nextDoc();
          doc != DocIdSetIterator.NO_MORE_DOCS;
          doc = iterator.nextDoc()) {
        if (source.docMap.get(doc) != -1 && sample.wantsNext()) {
          sample.add(values.vectorValue(iterator.index()));
        }
      }
    }
  }

  /** Feeds all surviving vectors to the writer in their new order, copying codes where it can. */
  void encode(CodeAreaWriter writer, RotationId rotationId) throws IOException {
    List<Sub> subs = new ArrayList<>();
    for (Source source : sources) {
      boolean copy = source.codes != null && source.codes.rotationId().equals(rotationId);
      subs.add(new Sub(source, copy ? source.codes.cursor() : null));
    }
    DocIDMerger<Sub> merger = DocIDMerger.of(subs, mergeState.needsIndexSort);
    for (Sub sub = merger.next(); sub != null; sub = merger.next()) {
      if ((writer.written() & 0x3ff) == 0) {
        mergeState.checkAborted();
      }
      int ord = sub.iterator.index();
      if (sub.cursor != null) {
        writer.copy(sub.cursor, ord);
      } else {
        writer.add(sub.values.vectorValue(ord));
      }
    }
  }

  private static final class Sub extends DocIDMerger.Sub {
    final FloatVectorValues values;
    final CodeCursor cursor;
    final KnnVectorValues.DocIndexIterator iterator;

    Sub(Source source, CodeCursor cursor) throws IOException {
      super(source.docMap);
      this.values = source.values();
      this.cursor = cursor;
      this.iterator = values.iterator();
    }

    @Override
    public int nextDoc() throws IOException {
      return iterator.nextDoc();
    }
  }
}
