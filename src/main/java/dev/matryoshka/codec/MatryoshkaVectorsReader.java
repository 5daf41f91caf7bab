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
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.hnsw.FlatVectorsReader;
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexFileNames;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.KnnCollector;
import org.apache.lucene.store.ChecksumIndexInput;
import org.apache.lucene.store.FileDataHint;
import org.apache.lucene.store.FileTypeHint;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.util.IOUtils;
import org.apache.lucene.util.hnsw.RandomVectorScorer;

/**
 * Reads segments of {@link MatryoshkaVectorsFormat}. Metadata is read, checksummed and validated
 * when a segment is opened; codes and vectors stay off the heap. Thread-safe, except that a merge
 * instance belongs to its thread.
 */
public final class MatryoshkaVectorsReader extends KnnVectorsReader {

  private final Map<String, FieldMeta> fields;
  private final FlatVectorsReader rawVectors;
  private final IndexInput data;
  private final Map<String, SegmentCodes> codes = new HashMap<>();

  /** How often {@link #checkIntegrity} was called, on this instance and on those for merges. */
  private final AtomicInteger checks;

  private MatryoshkaVectorsReader(
      Map<String, FieldMeta> fields,
      FlatVectorsReader rawVectors,
      IndexInput data,
      AtomicInteger checks) {
    this.fields = fields;
    this.rawVectors = rawVectors;
    this.data = data;
    this.checks = checks;
    fields.forEach(
        (field, meta) -> {
          if (meta.codes() != null) {
            codes.put(field, new SegmentCodes(data, meta));
          }
        });
  }

  static MatryoshkaVectorsReader open(SegmentReadState state) throws IOException {
    Map<String, FieldMeta> fields = new HashMap<>();
    int version = readMeta(state, fields);
    FlatVectorsReader rawVectors = null;
    IndexInput data = null;
    boolean success = false;
    try {
      boolean halves =
          fields.values().stream().anyMatch(meta -> meta.element() == VectorElement.BFLOAT16);
      rawVectors = openRaw(state, halves);
      checkSizes(state, fields, rawVectors);
      data = openData(state, version);
      for (FieldMeta meta : fields.values()) {
        checkBounds(meta, data);
      }
      success = true;
      return new MatryoshkaVectorsReader(fields, rawVectors, data, new AtomicInteger());
    } finally {
      if (success == false) {
        IOUtils.closeWhileHandlingException(rawVectors, data);
      }
    }
  }

  private static FlatVectorsReader openRaw(SegmentReadState state, boolean halves)
      throws IOException {
    try {
      return halves
          ? new BFloat16VectorsReader(state)
          : MatryoshkaVectorsFormat.FLOAT_VECTORS.fieldsReader(state);
    } catch (IllegalStateException e) {
      // Lucene's way to say that its metadata contradicts what it was told of the fields.
      throw new CorruptIndexException(
          "contradicts the metadata of the full-precision vectors: " + e.getMessage(),
          fileName(state, MatryoshkaVectorsFormat.META_EXTENSION),
          e);
    }
  }

  private static void checkSizes(
      SegmentReadState state, Map<String, FieldMeta> fields, FlatVectorsReader rawVectors)
      throws IOException {
    for (var field : fields.entrySet()) {
      int stored = rawVectors.getFloatVectorValues(field.getKey()).size();
      if (stored != field.getValue().size()) {
        throw new CorruptIndexException(
            "["
                + field.getValue().size()
                + "] vectors instead of the ["
                + stored
                + "] that are stored of field ["
                + field.getKey()
                + "]",
            fileName(state, MatryoshkaVectorsFormat.META_EXTENSION));
      }
    }
  }

  private static int readMeta(SegmentReadState state, Map<String, FieldMeta> fields)
      throws IOException {
    int version = -1;
    String name = fileName(state, MatryoshkaVectorsFormat.META_EXTENSION);
    try (ChecksumIndexInput meta = state.directory.openChecksumInput(name)) {
      Throwable failure = null;
      try {
        version =
            CodecUtil.checkIndexHeader(
                meta,
                MatryoshkaVectorsFormat.META_CODEC_NAME,
                MatryoshkaVectorsFormat.VERSION_START,
                MatryoshkaVectorsFormat.VERSION_CURRENT,
                state.segmentInfo.getId(),
                state.segmentSuffix);
        readFields(meta, state.fieldInfos, fields, version);
      } catch (Throwable e) {
        failure = e;
      } finally {
        CodecUtil.checkFooter(meta, failure);
      }
    }
    return version;
  }

  private static void readFields(
      ChecksumIndexInput meta, FieldInfos infos, Map<String, FieldMeta> fields, int version)
      throws IOException {
    for (int number = meta.readInt(); number != -1; number = meta.readInt()) {
      FieldInfo info = number < 0 ? null : infos.fieldInfo(number);
      if (info == null) {
        throw new CorruptIndexException("invalid field number [" + number + "]", meta);
      }
      if (fields.put(info.name, FieldMeta.read(meta, info, version)) != null) {
        throw new CorruptIndexException("field [" + info.name + "] occurs twice", meta);
      }
    }
  }

  private static IndexInput openData(SegmentReadState state, int version) throws IOException {
    String name = fileName(state, MatryoshkaVectorsFormat.DATA_EXTENSION);
    // No hint that access is sequential, though scans are: Linux drops such pages first, and codes
    // are what should stay in memory when vectors do not fit.
    IndexInput data =
        state.directory.openInput(
            name, state.context.withHints(FileTypeHint.DATA, FileDataHint.KNN_VECTORS));
    boolean success = false;
    try {
      // Before the header, whose reader would not say which file it is that ends within it.
      CodecUtil.retrieveChecksum(data);
      data.seek(0);
      int dataVersion =
          CodecUtil.checkIndexHeader(
              data,
              MatryoshkaVectorsFormat.DATA_CODEC_NAME,
              MatryoshkaVectorsFormat.VERSION_START,
              MatryoshkaVectorsFormat.VERSION_CURRENT,
              state.segmentInfo.getId(),
              state.segmentSuffix);
      if (dataVersion != version) {
        throw new CorruptIndexException(
            "version [" + dataVersion + "] does not match metadata version [" + version + "]",
            data);
      }
      success = true;
      return data;
    } finally {
      if (success == false) {
        IOUtils.closeWhileHandlingException(data);
      }
    }
  }

  private static String fileName(SegmentReadState state, String extension) {
    return IndexFileNames.segmentFileName(state.segmentInfo.name, state.segmentSuffix, extension);
  }

  private static void checkBounds(FieldMeta meta, IndexInput data) throws IOException {
    if (meta.codes() != null) {
      checkCodes(meta, meta.codes(), data);
    }
    BoundMeta bounds = meta.bounds();
    if (bounds != null) {
      for (int level = 0; level < bounds.levels().length; level++) {
        checkPart(bounds.codeOffsets()[level], bounds.codesLength(level, meta.size()), data);
      }
      checkPart(bounds.correctionsOffset(), bounds.correctionsLength(meta.size()), data);
      checkPart(bounds.basisOffset(), bounds.basisLength(meta.dims()), data);
    }
  }

  private static void checkCodes(FieldMeta meta, FieldMeta.CodesMeta codes, IndexInput data)
      throws IOException {
    for (int level = 0; level < codes.levels().length; level++) {
      checkPart(codes.levelOffsets()[level], codes.levelLength(level, meta.size()), data);
    }
    checkPart(codes.correctionsOffset(), codes.correctionsLength(meta.size()), data);
    if (codes.rounded() != null) {
      checkPart(codes.rounded().offset(), codes.roundedLength(meta.size()), data);
    }
    checkPart(codes.rotationOffset(), codes.rotationLength(meta.dims()), data);
  }

  private static void checkPart(long offset, long length, IndexInput data) throws IOException {
    long end = data.length() - CodecUtil.footerLength();
    if (offset < 0 || offset % MatryoshkaVectorsFormat.ALIGNMENT != 0 || length > end - offset) {
      throw new CorruptIndexException(
          "part at [" + offset + "] of length [" + length + "] is out of bounds", data);
    }
  }

  /** The codes of a field, or null when the segment has none and is to be searched exactly. */
  public SegmentCodes codes(String field) {
    return codes.get(field);
  }

  /** The bounds of a field, or null when the segment has none. */
  public SegmentBounds bounds(String field) {
    FieldMeta meta = fields.get(field);
    return meta == null || meta.bounds() == null ? null : new SegmentBounds(data, meta);
  }

  /** How the full-precision vectors of a field are stored, or null for an unknown field. */
  public VectorElement element(String field) {
    FieldMeta meta = fields.get(field);
    return meta == null ? null : meta.element();
  }

  /** Scores ordinals of the field against a query at full precision. */
  public RandomVectorScorer scorer(String field, float[] target) throws IOException {
    return rawVectors.getRandomVectorScorer(field, target);
  }

  @Override
  public FloatVectorValues getFloatVectorValues(String field) throws IOException {
    return rawVectors.getFloatVectorValues(field);
  }

  @Override
  public ByteVectorValues getByteVectorValues(String field) throws IOException {
    return rawVectors.getByteVectorValues(field);
  }

  /**
   * Two stages: Hamming over all codes, then full precision for the nearest; everything at full
   * precision where the segment has no codes or the collector wants most of it.
   */
  @Override
  public void search(String field, float[] target, KnnCollector collector, AcceptDocs acceptDocs)
      throws IOException {
    CollectorSearch.search(codes(field), target, scorer(field, target), collector, acceptDocs);
  }

  @Override
  public void search(String field, byte[] target, KnnCollector collector, AcceptDocs acceptDocs)
      throws IOException {
    CollectorSearch.search(
        null, null, rawVectors.getRandomVectorScorer(field, target), collector, acceptDocs);
  }

  /**
   * Reads all files of all fields, for one call in as many as there are fields: Lucene calls it
   * once for every field that shares them, before a merge reads anything else.
   */
  @Override
  public void checkIntegrity() throws IOException {
    if (checks.getAndIncrement() % Math.max(1, fields.size()) != 0) {
      return;
    }
    rawVectors.checkIntegrity();
    CodecUtil.checksumEntireFile(data);
  }

  @Override
  public KnnVectorsReader getMergeInstance() throws IOException {
    return new MatryoshkaVectorsReader(fields, rawVectors.getMergeInstance(), data, checks);
  }

  @Override
  public void finishMerge() throws IOException {
    rawVectors.finishMerge();
  }

  @Override
  public Map<String, Long> getOffHeapByteSize(FieldInfo field) {
    FieldMeta meta = fields.get(field.name);
    Map<String, Long> raw = rawVectors.getOffHeapByteSize(field);
    if (meta == null || meta.codes() == null && meta.bounds() == null) {
      return raw;
    }
    long bytes = 0;
    FieldMeta.CodesMeta codes = meta.codes();
    if (codes != null) {
      bytes += codes.searchedLength(meta.size()) + codes.rotationLength(meta.dims());
      for (int level = 0; level < codes.levels().length; level++) {
        bytes += codes.levelLength(level, meta.size());
      }
    }
    BoundMeta bounds = meta.bounds();
    if (bounds != null) {
      bytes += bounds.correctionsLength(meta.size()) + bounds.basisLength(meta.dims());
      for (int level = 0; level < bounds.levels().length; level++) {
        bytes += bounds.codesLength(level, meta.size());
      }
    }
    return mergeOffHeapByteSizeMaps(raw, Map.of(MatryoshkaVectorsFormat.DATA_EXTENSION, bytes));
  }

  @Override
  public void close() throws IOException {
    IOUtils.close(rawVectors, data);
  }
}
