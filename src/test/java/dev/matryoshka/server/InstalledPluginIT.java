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

import org.junit.jupiter.api.Test;

/** The built zip installs into a real server, and the server loads it. */
class InstalledPluginIT {
  @Test
  void theServerNamesThePlugin() {
    RestResponse plugins =
        new RestClient(SharedServer.node().http())
            .request("GET", "/_cat/plugins?h=name,component", null)
            .ok();
    assertEquals("shared matryoshka", plugins.body().strip());
  }
}
