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
package dev.matryoshka.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What other tests rely on: nodes that form a cluster, keep their data, and leave nothing. */
class ElasticsearchInstallationIT {
  @Test
  void nodesJoinAndSurviveAKill() {
    ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt();
    try (installation) {
      ElasticsearchNode first = installation.startNode("first");
      assertEquals(201, client(first).request("PUT", "/kept/_doc/1", "{\"a\":1}").status());
      first.kill();
      first = installation.startNode("first");
      assertEquals(200, client(first).request("GET", "/kept/_doc/1", null).status());

      ElasticsearchNode second = installation.startNode("second");
      RestResponse names = client(second).request("GET", "/_cat/nodes?h=name&s=name", null);
      assertEquals("first\nsecond", names.ok().body().strip());
    }
    assertFalse(Files.exists(installation.directory()));
  }

  @Test
  void aNodeThatDiesSaysWhy() {
    try (ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt()) {
      ServerException failure =
          assertThrows(
              ServerException.class,
              () -> installation.startNode("broken", Map.of("no.such.setting", "1")));
      assertTrue(
          failure.getMessage().contains("unknown setting [no.such.setting]"), failure.getMessage());
    }
  }

  private static RestClient client(ElasticsearchNode node) {
    return new RestClient(node.http());
  }
}
