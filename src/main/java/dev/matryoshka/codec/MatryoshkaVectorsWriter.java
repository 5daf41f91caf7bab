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
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.codecs.KnnFieldVectorsWriter;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.hnsw.FlatFieldVectorsWriter;
import org.apache.lucene.codecs.hnsw.FlatVectorsWriter;
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
 * unless codes that come with the vectors are under a rotation that still fits, of which the one
 * with most vectors is inherited; and at a flush that is large enough.
 */
final class MatryoshkaVectorsWriter extends KnnVectorsWriter {

  /** Under which training and its cost are logged to the index writer's info stream. */
  private static final String INFO_COMPONENT = "MVF";

  private final SegmentWriteState state;
  private final RecentRotations.Owner owner;
  private final CodecOptions options;
  private final RecentRotations rotations;
  private final RotationListener listener;
  private final FlatVectorsWriter rawVectors;
  private IndexOutput meta;
  private IndexOutput data;
  private final List<ArrivingVectors> fields = new ArrayList<>();
  private boolean finished;

  MatryoshkaVectorsWriter(
      SegmentWriteState state,
      RecentRotations.Owner owner,
      CodecOptions options,
      RecentRotations rotations,
      RotationListener listener)
      throws IOException {
    this.state = state;
    this.owner = owner;
    this.options = options;
    this.rotations = rotations;
    this.listener = listener;
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
    if (field.getVectorEncoding() != VectorEncoding.FLOAT32) {
      return writer;
    }
    ArrivingVectors arriving =
        new ArrivingVectors(
            field, (FlatFieldVectorsWriter<float[]>) writer, () -> recent(field, options(field)));
    fields.add(arriving);
    return arriving;
  }

  @Override
  public void flush(int maxDoc, Sorter.DocMap sortMap) throws IOException {
    rawVectors.flush(maxDoc, sortMap);
    for (ArrivingVectors field : fields) {
      int count = field.vectors().size();
      CodecOptions wanted = options(field.field());
      FieldMeta.CodesMeta codes = null;
      if (wanted.bits().isEmpty() == false && count >= MatryoshkaVectorsFormat.MIN_CODED_VECTORS) {
        codes = encodeFlushed(field, wanted, sortMap);
      }
      BoundMeta bounds = null;
      if (count >= MatryoshkaVectorsFormat.MIN_TRAINED_FLUSH
          && BoundEncoder.wanted(wanted.boundDims(), count)) {
        bounds =
            new BoundEncoder(state, data, element())
                .flushed(
                    field.field(), wanted.boundDims(), field.vectors(), newToOld(field, sortMap));
      }
      writeMeta(field.field(), count, codes, bounds);
    }
  }

  private FieldMeta.CodesMeta encodeFlushed(
      ArrivingVectors field, CodecOptions wanted, Sorter.DocMap sortMap) throws IOException {
    List<float[]> vectors = field.vectors();
    boolean soon =
        wanted.rotation() == RotationKind.NONE
            || wanted.bits().getLast() <= MatryoshkaVectorsFormat.MAX_TRAINED_FLUSH_BITS;
    boolean mayTrain =
        soon
            && (wanted.rotation().learned() == false
                || vectors.size() >= MatryoshkaVectorsFormat.MIN_TRAINED_FLUSH);
    KnownRotation recent = recent(field.field(), wanted);
    RotationChoice chosen =
        choose(
            recent == null ? field.rotation() : recent,
            sample -> {
              for (float[] vector : vectors) {
                if (sample.wantsNext()) {
                  sample.add(vector);
                }
              }
            },
            vectors.size(),
            mayTrain,
            false,
            wanted,
            field.field(),
            () -> {});
    if (chosen == null) {
      return null;
    }
    int[] newToOld = newToOld(field, sortMap);
    try (CodeAreaWriter writer =
        new CodeAreaWriter(
            state, data, chosen.rotation(), field.field().getVectorSimilarityFunction(), null)) {
      boolean arrived = field.encodedUnder(chosen.rotation().id());
      for (int i = 0; i < vectors.size(); i++) {
        int ord = newToOld == null ? i : newToOld[i];
        if (arrived) {
          field.copy(writer, ord);
        } else {
          writer.add(vectors.get(ord));
        }
      }
      return writer.finish();
    }
  }

  private static int[] newToOld(ArrivingVectors field, Sorter.DocMap sortMap) throws IOException {
    if (sortMap == null) {
      return null;
    }
    int[] newToOld = new int[field.vectors().size()];
    mapOldOrdToNewOrd(field.docs(), sortMap, null, newToOld, null);
    return newToOld;
  }

  /** The rotation that this index last used for the field, if it is what is wanted now. */
  private KnownRotation recent(FieldInfo field, CodecOptions wanted) {
    KnownRotation recent = rotations.get(owner, field.name);
    return recent != null
            && recent.fits(wanted.rotation(), levels(wanted), field.getVectorDimension())
        ? recent
        : null;
  }

  private RotationChoice choose(
      KnownRotation known,
      RotationChoice.Vectors vectors,
      int count,
      boolean mayTrain,
      boolean mayWait,
      CodecOptions wanted,
      FieldInfo field,
      Runnable interrupt)
      throws IOException {
    RotationChoice chosen =
        RotationChoice.choose(
            known,
            vectors,
            count,
            mayTrain,
            mayWait,
            wanted.rotation(),
            levels(wanted),
            field,
            interrupt);
    if (chosen != null) {
      rotations.put(owner, field.name, chosen.rotation());
      String message = "field [" + field.name + "]: " + chosen.reason();
      listener.chose(message, chosen.trainingNanos());
      if (state.infoStream.isEnabled(INFO_COMPONENT)) {
        state.infoStream.message(INFO_COMPONENT, message);
      }
    }
    return chosen;
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
    BoundMeta bounds = null;
    try {
      if (wanted.bits().isEmpty() == false && live >= MatryoshkaVectorsFormat.MIN_CODED_VECTORS) {
        codes = encodeMerged(field, sources, wanted, live, mergeState);
      }
      if (BoundEncoder.wanted(wanted.boundDims(), live)) {
        bounds =
            new BoundEncoder(state, data, element())
                .merged(field, wanted.boundDims(), sources, () -> checkAborted(mergeState));
      }
    } catch (UncheckedIOException e) {
      // An aborted merge announces itself as a checked exception, which training cannot throw.
      throw e.getCause();
    }
    writeMeta(field, live, codes, bounds);
    return null;
  }

  private FieldMeta.CodesMeta encodeMerged(
      FieldInfo field, MergeSources sources, CodecOptions wanted, int live, MergeState mergeState)
      throws IOException {
    SegmentCodes largest = sources.inheritable(wanted.rotation(), levels(wanted));
    RotationChoice chosen =
        choose(
            largest == null ? recent(field, wanted) : KnownRotation.of(largest),
            sources::sample,
            live,
            true,
            true,
            wanted,
            field,
            () -> checkAborted(mergeState));
    Rotation rotation = chosen.rotation().rotation();
    VectorSimilarityFunction similarity = field.getVectorSimilarityFunction();
    Calibrator calibrator = new Calibrator(rotation, similarity, chosen.heldOut());
    try (CodeAreaWriter writer =
        new CodeAreaWriter(state, data, chosen.rotation(), similarity, calibrator)) {
      sources.encode(writer, chosen.rotation().id(), calibrator);
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

  private void writeMeta(FieldInfo field, int size, FieldMeta.CodesMeta codes, BoundMeta bounds)
      throws IOException {
    new FieldMeta(
            element(),
            field.getVectorSimilarityFunction(),
            field.getVectorDimension(),
            size,
            codes,
            bounds)
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
    long bytes = rawVectors.ramBytesUsed();
    for (ArrivingVectors field : fields) {
      bytes += field.bytesOfCodes();
    }
    return bytes;
  }
}
