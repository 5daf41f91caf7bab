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

import dev.matryoshka.rotation.Rotation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.codecs.KnnFieldVectorsWriter;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.hnsw.FlatFieldVectorsWriter;
import org.apache.lucene.codecs.hnsw.FlatVectorsWriter;
import org.apache.lucene.index.DocsWithFieldSet;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.IndexFileNames;
import org.apache.lucene.index.MergeState;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.Sorter;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.IORunnable;
import org.apache.lucene.util.IOUtils;

/**
 * Writes segments of {@link MatryoshkaVectorsFormat}. Rotations are learned here: at a merge,
 * unless at least half of the vectors bring codes under one rotation, which is then inherited; and
 * at a flush that is large enough.
 */
final class MatryoshkaVectorsWriter extends KnnVectorsWriter {

  /** Under which training and its cost are logged to the index writer's info stream. */
  private static final String INFO_COMPONENT = "MVF";

  private final SegmentWriteState state;
  private final CodecOptions options;
  private final FlatVectorsWriter rawVectors;
  private IndexOutput meta;
  private IndexOutput data;
  private final List<FlushField> fields = new ArrayList<>();
  private boolean finished;

  private record FlushField(FieldInfo info, FlatFieldVectorsWriter<float[]> vectors) {}

  MatryoshkaVectorsWriter(SegmentWriteState state, CodecOptions options) throws IOException {
    this.state = state;
    this.options = options;
    this.rawVectors =
        element() == VectorElement.BFLOAT16
            ? new BFloat16VectorsWriter(state)
            : MatryoshkaVectorsFormat.FLOAT_VECTORS.fieldsWriter(state);
    boolean success = false;
    try {
      meta =
          create(MatryoshkaVectorsFormat.META_EXTENSION, MatryoshkaVectorsFormat.META_CODEC_NAME);
      data =
          create(MatryoshkaVectorsFormat.DATA_EXTENSION, MatryoshkaVectorsFormat.DATA_CODEC_NAME);
      success = true;
    } finally {
      if (success == false) {
        IOUtils.closeWhileHandlingException(this);
      }
    }
  }

  private IndexOutput create(String extension, String codecName) throws IOException {
    String name =
        IndexFileNames.segmentFileName(state.segmentInfo.name, state.segmentSuffix, extension);
    IndexOutput output = state.directory.createOutput(name, state.context);
    boolean success = false;
    try {
      CodecUtil.writeIndexHeader(
          output,
          codecName,
          MatryoshkaVectorsFormat.VERSION_CURRENT,
          state.segmentInfo.getId(),
          state.segmentSuffix);
      success = true;
      return output;
    } finally {
      if (success == false) {
        IOUtils.closeWhileHandlingException(output);
      }
    }
  }

  private VectorElement element() {
    return options == null ? VectorElement.FLOAT : options.element();
  }

  private CodecOptions options(FieldInfo field) {
    return options == null ? CodecOptions.defaults(field.getVectorDimension()) : options;
  }

  @SuppressWarnings("unchecked")
  @Override
  public KnnFieldVectorsWriter<?> addField(FieldInfo field) throws IOException {
    FlatFieldVectorsWriter<?> writer = rawVectors.addField(field);
    if (field.getVectorEncoding() == VectorEncoding.FLOAT32) {
      fields.add(new FlushField(field, (FlatFieldVectorsWriter<float[]>) writer));
    }
    return writer;
  }

  @Override
  public void flush(int maxDoc, Sorter.DocMap sortMap) throws IOException {
    rawVectors.flush(maxDoc, sortMap);
    for (FlushField field : fields) {
      FieldInfo info = field.info;
      List<float[]> vectors = field.vectors.getVectors();
      CodecOptions wanted = options(info);
      int least =
          wanted.rotation().learned()
              ? MatryoshkaVectorsFormat.MIN_TRAINED_FLUSH
              : MatryoshkaVectorsFormat.MIN_CODED_VECTORS;
      FieldMeta.CodesMeta codes = null;
      if (wanted.bits().isEmpty() == false && vectors.size() >= least) {
        codes = encodeFlushed(field, wanted, sortMap);
      }
      writeMeta(info, vectors.size(), codes);
    }
  }

  private FieldMeta.CodesMeta encodeFlushed(
      FlushField field, CodecOptions wanted, Sorter.DocMap sortMap) throws IOException {
    List<float[]> vectors = field.vectors.getVectors();
    VectorSample sample = newSample(field.info, vectors.size());
    for (float[] vector : vectors) {
      if (sample.wantsNext()) {
        sample.add(vector);
      }
    }
    Rotation rotation = sample.train(wanted.rotation(), levels(wanted), () -> {});
    int[] newToOld = null;
    if (sortMap != null) {
      DocsWithFieldSet docs = field.vectors.getDocsWithFieldSet();
      newToOld = new int[vectors.size()];
      mapOldOrdToNewOrd(docs, sortMap, null, newToOld, null);
    }
    try (CodeAreaWriter writer =
        new CodeAreaWriter(state, data, rotation, field.info.getVectorSimilarityFunction())) {
      for (int ord = 0; ord < vectors.size(); ord++) {
        writer.add(vectors.get(newToOld == null ? ord : newToOld[ord]));
      }
      return writer.finish();
    }
  }

  @Override
  public IORunnable mergeOneField(FieldInfo field, MergeState mergeState) throws IOException {
    rawVectors.mergeOneField(field, mergeState);
    if (field.getVectorEncoding() != VectorEncoding.FLOAT32) {
      return null;
    }
    MergeSources sources = new MergeSources(field, mergeState);
    int live = sources.live();
    CodecOptions wanted = options(field);
    FieldMeta.CodesMeta codes = null;
    if (wanted.bits().isEmpty() == false && live >= MatryoshkaVectorsFormat.MIN_CODED_VECTORS) {
      try {
        codes = encodeMerged(field, sources, wanted, live, mergeState);
      } catch (UncheckedIOException e) {
        // An aborted merge announces itself as a checked exception, which training cannot throw.
        throw e.getCause();
      }
    }
    writeMeta(field, live, codes);
    return null;
  }

  private FieldMeta.CodesMeta encodeMerged(
      FieldInfo field, MergeSources sources, CodecOptions wanted, int live, MergeState mergeState)
      throws IOException {
    MergeRotation chosen =
        MergeRotation.choose(
            sources,
            wanted.rotation(),
            levels(wanted),
            field,
            live,
            () -> checkAborted(mergeState));
    if (state.infoStream.isEnabled(INFO_COMPONENT)) {
      state.infoStream.message(INFO_COMPONENT, "field [" + field.name + "]: " + chosen.reason());
    }
    Rotation rotation = chosen.rotation();
    try (CodeAreaWriter writer =
        new CodeAreaWriter(state, data, rotation, field.getVectorSimilarityFunction())) {
      sources.encode(writer, chosen.inherited());
      if (writer.written() != live) {
        throw new IllegalStateException(
            "encoded ["
                + writer.written()
                + "] of ["
                + live
                + "] vectors of field ["
                + field.name
                + "]");
      }
      return writer.finish();
    }
  }

  private static void checkAborted(MergeState mergeState) {
    try {
      mergeState.checkAborted();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int[] levels(CodecOptions wanted) {
    return wanted.bits().stream().mapToInt(Integer::intValue).toArray();
  }

  private static boolean comparesDirections(FieldInfo field) {
    return field.getVectorSimilarityFunction() == VectorSimilarityFunction.COSINE;
  }

  private static VectorSample newSample(FieldInfo field, int available) {
    return new VectorSample(field.getVectorDimension(), available, comparesDirections(field));
  }

  private void writeMeta(FieldInfo field, int size, FieldMeta.CodesMeta codes) throws IOException {
    new FieldMeta(
            element(), field.getVectorSimilarityFunction(), field.getVectorDimension(), size, codes)
        .write(field.number, meta);
  }

  @Override
  public void finish() throws IOException {
    if (finished) {
      throw new IllegalStateException("already finished");
    }
    finished = true;
    rawVectors.finish();
    meta.writeInt(-1);
    CodecUtil.writeFooter(meta);
    CodecUtil.writeFooter(data);
  }

  @Override
  public void close() throws IOException {
    IOUtils.close(rawVectors, meta, data);
  }

  @Override
  public long ramBytesUsed() {
    return rawVectors.ramBytesUsed();
  }
}
