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
package dev.matryoshka.engine;

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.RecentRotations;
import dev.matryoshka.codec.RotationListener;
import dev.matryoshka.mapper.MatryoshkaVectorFieldMapper;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.elasticsearch.index.mapper.MappingLookup;

/**
 * Writes {@code matryoshka_vector} fields in {@link MatryoshkaVectorsFormat} and all else as its
 * delegate does. It has the delegate's name, so that segments are read without this class.
 * Thread-safe.
 */
final class MatryoshkaCodec extends FilterCodec {

  private static final Logger LOGGER = LogManager.getLogger(MatryoshkaCodec.class);

  private final KnnVectorsFormat vectors;

  /**
   * @param mappings the current mappings; asked for each new segment, since they grow while the
   *     engine lives
   * @param trained told how many nanoseconds each training took
   */
  MatryoshkaCodec(
      Codec delegate,
      Supplier<MappingLookup> mappings,
      RecentRotations rotations,
      LongConsumer trained) {
    super(delegate.getName(), delegate);
    RotationListener listener =
        (what, trainingNanos) -> {
          LOGGER.debug(what);
          if (trainingNanos > 0) {
            trained.accept(trainingNanos);
          }
        };
    this.vectors = new PerFieldVectors(delegate.knnVectorsFormat(), mappings, rotations, listener);
  }

  @Override
  public KnnVectorsFormat knnVectorsFormat() {
    return vectors;
  }

  private static final class PerFieldVectors extends PerFieldKnnVectorsFormat {

    private final KnnVectorsFormat others;
    private final Supplier<MappingLookup> mappings;
    private final RecentRotations rotations;
    private final RotationListener listener;

    // Fields of equal options must get the same instance: they then share files.
    private final Map<CodecOptions, KnnVectorsFormat> formats = new ConcurrentHashMap<>();

    PerFieldVectors(
        KnnVectorsFormat others,
        Supplier<MappingLookup> mappings,
        RecentRotations rotations,
        RotationListener listener) {
      this.others = others;
      this.mappings = mappings;
      this.rotations = rotations;
      this.listener = listener;
    }

    @Override
    public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
      // Its field type would be that of a runtime field of the same name, if there is one.
      Optional<CodecOptions> options =
          mappings.get().getMapper(field) instanceof MatryoshkaVectorFieldMapper mapper
              ? mapper.fieldType().codecOptions()
              : Optional.empty();
      if (options.isPresent()) {
        return formats.computeIfAbsent(
            options.get(), key -> new MatryoshkaVectorsFormat(key, rotations, listener));
      }
      return others instanceof PerFieldKnnVectorsFormat perField
          ? perField.getKnnVectorsFormatForField(field)
          : others;
    }
  }
}
