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
import java.util.Optional;
import java.util.function.ObjLongConsumer;
import org.elasticsearch.cluster.metadata.IndexMetadata;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.IndexModule;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.IndexVersions;
import org.elasticsearch.index.engine.Engine;
import org.elasticsearch.index.engine.EngineConfig;
import org.elasticsearch.index.engine.EngineFactory;
import org.elasticsearch.index.engine.InternalEngine;
import org.elasticsearch.index.shard.ShardId;

/**
 * Gives an index the engine it would have anyway, except that {@code matryoshka_vector} fields are
 * written in their own format: Elasticsearch asks only its own mappers for a vector format, and the
 * codec of the engine is the one place where a plugin can answer instead.
 */
public final class MatryoshkaEngineFactory implements EngineFactory {

  private static final String SOURCE_ONLY = "index.source_only";
  private static final String FOLLOWING_INDEX = "index.xpack.ccr.following_index";
  private static final String SNAPSHOT_STORE = "snapshot";

  private final RecentRotations rotations;
  private final ObjLongConsumer<ShardId> trained;

  private MatryoshkaEngineFactory(RecentRotations rotations, ObjLongConsumer<ShardId> trained) {
    this.rotations = rotations;
    this.trained = trained;
  }

  /**
   * The factory for an index, unless another one owns it: Elasticsearch refuses an index with two.
   * What that other engine writes has no codes, and the query searches it exactly.
   *
   * @param trained told how many nanoseconds a training for a shard took
   */
  public static Optional<EngineFactory> forIndex(
      IndexSettings index, RecentRotations rotations, ObjLongConsumer<ShardId> trained) {
    return ownedByAnother(index)
        ? Optional.empty()
        : Optional.of(new MatryoshkaEngineFactory(rotations, trained));
  }

  private static boolean ownedByAnother(IndexSettings index) {
    Settings settings = index.getSettings();
    IndexMetadata metadata = index.getIndexMetadata();
    return settings.getAsBoolean(SOURCE_ONLY, false)
        || settings.getAsBoolean(FOLLOWING_INDEX, false)
        || SNAPSHOT_STORE.equals(IndexModule.INDEX_STORE_TYPE_SETTING.get(settings))
        // Too old to be written to: opened read-only, or brought back from an archive.
        || index.getIndexVersionCreated().isLegacyIndexVersion()
        || metadata.getCompatibilityVersion().before(IndexVersions.MINIMUM_COMPATIBLE);
  }

  @Override
  public Engine newReadWriteEngine(EngineConfig config) {
    ShardId shard = config.getShardId();
    return new InternalEngine(
        EngineConfig.builder(config)
            .codecProvider(
                new MatryoshkaCodecProvider(
                    config.getCodecProvider(),
                    config.getMapperService(),
                    rotations,
                    nanos -> trained.accept(shard, nanos)))
            .build());
  }
}
