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

import dev.matryoshka.codec.RecentRotations;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.apache.lucene.codecs.Codec;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.codec.CodecProvider;
import org.elasticsearch.index.mapper.MapperService;

/** Wraps every codec of another provider in a {@link MatryoshkaCodec}. Thread-safe. */
final class MatryoshkaCodecProvider implements CodecProvider {

  private final CodecProvider delegate;
  private final MapperService mapperService;
  private final RecentRotations rotations;
  private final LongConsumer trained;
  private final Map<String, Codec> codecs = new ConcurrentHashMap<>();

  MatryoshkaCodecProvider(
      CodecProvider delegate,
      @Nullable MapperService mapperService,
      RecentRotations rotations,
      LongConsumer trained) {
    this.delegate = delegate;
    this.mapperService = mapperService;
    this.rotations = rotations;
    this.trained = trained;
  }

  @Override
  public Codec codec(String name) {
    // Some tests open engines without mappings; there is no field of ours then.
    return mapperService == null
        ? delegate.codec(name)
        : codecs.computeIfAbsent(
            name,
            key ->
                new MatryoshkaCodec(
                    delegate.codec(key), () -> mapperService.mappingLookup(), rotations, trained));
  }

  @Override
  public String[] availableCodecs() {
    return delegate.availableCodecs();
  }
}
