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

/**
 * The server that all integration tests of a run share: started from the built plugin zip by the
 * first that asks, stopped when the JVM of the tests exits.
 */
public final class SharedServer {
  private SharedServer() {}

  /** The one node of the server. */
  public static ElasticsearchNode node() {
    return Holder.NODE;
  }

  private static final class Holder {
    static final ElasticsearchNode NODE =
        ElasticsearchInstallation.installBuilt().startNode("shared");
  }
}
