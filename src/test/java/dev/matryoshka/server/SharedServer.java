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

import java.nio.file.Path;

/**
 * The server that all integration tests of a run share: started from the built plugin zip by the
 * first that asks, stopped when the JVM of the tests exits. The build says where things are in the
 * system properties {@code matryoshka.distribution}, {@code matryoshka.plugin} and {@code
 * matryoshka.servers}.
 */
public final class SharedServer {
  private SharedServer() {}

  /** The one node of the server. */
  public static ElasticsearchNode node() {
    return Holder.NODE;
  }

  /** An installation of one's own, for tests that stop nodes or need several. */
  public static ElasticsearchInstallation install() {
    return ElasticsearchInstallation.install(
        path("matryoshka.distribution"), path("matryoshka.plugin"), path("matryoshka.servers"));
  }

  private static Path path(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new ServerException("run this through ./mvnw verify, which sets [" + property + "]");
    }
    return Path.of(value);
  }

  private static final class Holder {
    static final ElasticsearchNode NODE = install().startNode("shared");
  }
}
