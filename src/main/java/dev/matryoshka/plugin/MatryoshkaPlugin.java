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
package dev.matryoshka.plugin;

import dev.matryoshka.codec.RecentRotations;
import dev.matryoshka.engine.MatryoshkaEngineFactory;
import dev.matryoshka.mapper.MatryoshkaVectorFieldMapper;
import dev.matryoshka.query.ExactMatryoshkaQueryBuilder;
import dev.matryoshka.query.FindAllSettings;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.engine.EngineFactory;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.plugins.EnginePlugin;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.SearchPlugin;

/** Registers what the other packages build; holds no logic. */
public final class MatryoshkaPlugin extends Plugin
    implements MapperPlugin, SearchPlugin, EnginePlugin {

  private final RecentRotations rotations = new RecentRotations();

  @Override
  public Map<String, Mapper.TypeParser> getMappers() {
    return Map.of(MatryoshkaVectorFieldMapper.CONTENT_TYPE, MatryoshkaVectorFieldMapper.PARSER);
  }

  @Override
  public List<Setting<?>> getSettings() {
    return List.of(FindAllSettings.MAX_SCORED);
  }

  @Override
  public List<QuerySpec<?>> getQueries() {
    return List.of(
        new QuerySpec<>(
            MatryoshkaQueryBuilder.NAME,
            MatryoshkaQueryBuilder::new,
            MatryoshkaQueryBuilder::fromXContent),
        new QuerySpec<>(
            ExactMatryoshkaQueryBuilder.NAME,
            ExactMatryoshkaQueryBuilder::new,
            ExactMatryoshkaQueryBuilder::fromXContent));
  }

  @Override
  public Optional<EngineFactory> getEngineFactory(IndexSettings indexSettings) {
    return MatryoshkaEngineFactory.forIndex(indexSettings, rotations);
  }
}
