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
      SegmentBounds bounds,
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
        MatryoshkaVectorsReader ours = ours(reader, field.name);
        sources.add(
            new Source(
                docMap,
                reader,
                field.name,
                ours == null ? null : ours.codes(field.name),
                ours == null ? null : ours.bounds(field.name),
                live(values, docMap)));
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

  private static MatryoshkaVectorsReader ours(KnnVectorsReader reader, String field) {
    KnnVectorsReader own =
        reader instanceof PerFieldKnnVectorsFormat.FieldsReader perField
            ? perField.getFieldReader(field)
            : reader;
    return own instanceof MatryoshkaVectorsReader matryoshka ? matryoshka : null;
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

  /**
   * The bounds of the wanted levels under whose basis at least half of all vectors have theirs, or
   * null.
   */
  SegmentBounds inheritableBounds(int[] levels) {
    Map<RotationId, Integer> counts = new HashMap<>();
    for (Source source : sources) {
      SegmentBounds bounds = source.bounds;
      if (bounds != null && Arrays.equals(bounds.levels(), levels)) {
        int count = counts.merge(bounds.meta().basisId(), source.live, Integer::sum);
        if (2L * count >= live()) {
          return bounds;
        }
      }
    }
    return null;
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

  /**
   * Feeds all surviving vectors to the writer in their new order, copying codes where it can.
   *
   * @param calibrator gets every vector first
   */
  void encode(CodeAreaWriter writer, RotationId rotationId, Calibrator calibrator)
      throws IOException {
    feed(
        calibrator::add,
        source ->
            source.codes != null && source.codes.rotationId().equals(rotationId)
                ? source.codes.cursor()
                : null,
        writer::copy,
        writer::add);
  }

  /** Feeds all surviving vectors to the writer in their new order, copying bounds where it can. */
  void bound(BoundAreaWriter writer) throws IOException {
    feed(
        null,
        source ->
            source.bounds != null && source.bounds.meta().basisId().equals(writer.basisId())
                ? source.bounds.cursor()
                : null,
        writer::copy,
        writer::add);
  }

  /** Opens what can be copied from a source, or null. */
  private interface Cursors<C> {
    C open(Source source) throws IOException;
  }

  private interface Copier<C> {
    void copy(C cursor, int ord) throws IOException;
  }

  private interface Encoder {
    void add(float[] vector) throws IOException;
  }

  /**
   * @param every gets every vector before it is copied or encoded; or null
   */
  private <C> void feed(Encoder every, Cursors<C> cursors, Copier<C> copier, Encoder encoder)
      throws IOException {
    List<Sub<C>> subs = new ArrayList<>();
    for (Source source : sources) {
      subs.add(new Sub<>(source, cursors.open(source)));
    }
    DocIDMerger<Sub<C>> merger = DocIDMerger.of(subs, mergeState.needsIndexSort);
    int fed = 0;
    for (Sub<C> sub = merger.next(); sub != null; sub = merger.next()) {
      if ((fed++ & 0x3ff) == 0) {
        mergeState.checkAborted();
      }
      int ord = sub.iterator.index();
      if (every != null) {
        every.add(sub.values.vectorValue(ord));
      }
      if (sub.cursor != null) {
        copier.copy(sub.cursor, ord);
      } else {
        encoder.add(sub.values.vectorValue(ord));
      }
    }
  }

  private static final class Sub<C> extends DocIDMerger.Sub {
    final FloatVectorValues values;
    final C cursor;
    final KnnVectorValues.DocIndexIterator iterator;

    Sub(Source source, C cursor) throws IOException {
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
