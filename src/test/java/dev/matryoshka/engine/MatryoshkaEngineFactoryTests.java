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

import dev.matryoshka.plugin.MatryoshkaPlugin;
import java.util.Optional;
import org.elasticsearch.cluster.metadata.IndexMetadata;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.index.IndexVersions;
import org.elasticsearch.index.engine.EngineFactory;
import org.elasticsearch.test.ESTestCase;
import org.elasticsearch.test.IndexSettingsModule;

public class MatryoshkaEngineFactoryTests extends ESTestCase {

  private static Optional<EngineFactory> factory(Settings settings) {
    IndexSettings index = IndexSettingsModule.newIndexSettings("index", settings);
    return new MatryoshkaPlugin().getEngineFactory(index);
  }

  private static Optional<EngineFactory> factory(String key, Object value) {
    return factory(Settings.builder().put(key, String.valueOf(value)).build());
  }

  public void testOwnsOrdinaryIndices() {
    assertTrue(factory(Settings.EMPTY).isPresent());
    assertTrue(factory("index.store.type", "hybridfs").isPresent());
    assertTrue(factory("index.source_only", false).isPresent());
  }

  public void testLeavesTheIndicesOfOtherEnginesAlone() {
    assertTrue(factory("index.source_only", true).isEmpty());
    assertTrue(factory("index.xpack.ccr.following_index", true).isEmpty());
    assertTrue(factory("index.store.type", "snapshot").isEmpty());
  }

  public void testLeavesReadOnlyIndicesAlone() {
    for (IndexVersion version :
        new IndexVersion[] {IndexVersions.MINIMUM_READONLY_COMPATIBLE, IndexVersions.V_7_5_0}) {
      assertTrue(factory(IndexMetadata.SETTING_VERSION_CREATED, version.id()).isEmpty());
    }
    assertTrue(
        factory(IndexMetadata.SETTING_VERSION_CREATED, IndexVersions.MINIMUM_COMPATIBLE.id())
            .isPresent());
  }

  /** They say that they are compatible, so that everything else takes them for ordinary ones. */
  public void testLeavesIndicesFromArchivesAlone() {
    Settings archived =
        Settings.builder()
            .put(IndexMetadata.SETTING_VERSION_CREATED, 6_08_00_99)
            .put(IndexMetadata.SETTING_VERSION_COMPATIBILITY, IndexVersions.MINIMUM_COMPATIBLE.id())
            .build();
    assertTrue(factory(archived).isEmpty());
  }
}
