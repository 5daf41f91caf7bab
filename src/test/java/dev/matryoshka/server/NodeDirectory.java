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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Configuration, data and logs of one node, apart from the distribution it runs from. */
final class NodeDirectory {
  private final Path work;
  private final Path home;
  private final Path root;
  private final String name;

  NodeDirectory(Path work, Path home, String name) {
    this.work = work;
    this.home = home;
    this.name = name;
    this.root = work.resolve("nodes").resolve(name);
  }

  static Path repositories(Path work) {
    return work.resolve("repositories");
  }

  Path root() {
    return root;
  }

  String name() {
    return name;
  }

  Path home() {
    return home;
  }

  Path config() {
    return root.resolve("config");
  }

  Path temporary() {
    return root.resolve("tmp");
  }

  /** Written by the node once it is bound, one address a line. */
  Path ports(String protocol) {
    return root.resolve("logs").resolve(protocol + ".ports");
  }

  /** Writes the configuration and removes what a previous run says of itself. */
  void write(Map<String, String> discovery, Map<String, String> settings) throws IOException {
    for (Path directory :
        List.of(config(), temporary(), root.resolve("logs"), root.resolve("data"))) {
      Files.createDirectories(directory);
    }
    Files.deleteIfExists(ports("http"));
    Files.deleteIfExists(ports("transport"));
    for (String file : List.of("jvm.options", "log4j2.properties")) {
      Path source = home.resolve("config").resolve(file);
      Files.write(config().resolve(file), Files.readAllBytes(source));
    }
    Map<String, String> all = new TreeMap<>(defaults());
    all.putAll(discovery);
    all.putAll(settings);
    try (Stream<String> lines =
        all.entrySet().stream()
            .map(setting -> setting.getKey() + ": " + quote(setting.getValue()))) {
      Files.write(config().resolve("elasticsearch.yml"), (Iterable<String>) lines::iterator);
    }
  }

  private Map<String, String> defaults() {
    return Map.ofEntries(
        Map.entry("cluster.name", "matryoshka"),
        Map.entry("node.name", name),
        Map.entry("network.host", "127.0.0.1"),
        Map.entry("http.port", "0"),
        Map.entry("transport.port", "0"),
        Map.entry("node.portsfile", "true"),
        Map.entry("path.data", root.resolve("data").toString()),
        Map.entry("path.logs", root.resolve("logs").toString()),
        Map.entry("path.repo", repositories(work).toString()),
        // A machine with a fairly full disk is no reason to refuse writes to a throw-away node.
        Map.entry("cluster.routing.allocation.disk.threshold_enabled", "false"),
        Map.entry("action.destructive_requires_name", "false"),
        Map.entry("xpack.security.enabled", "false"));
  }

  private static String quote(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
