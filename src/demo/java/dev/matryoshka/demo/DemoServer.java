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
package dev.matryoshka.demo;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.RestClient;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The server of the demo: a new one, or the one that an earlier run was told to keep. */
final class DemoServer implements AutoCloseable {
  /** The ports a person would try; the server takes the first that is free. */
  private static final Map<String, String> SETTINGS = Map.of("http.port", "9200-9299");

  private final URI address;
  private final String howToStop;

  /** What to close at the end, or null. */
  private ElasticsearchInstallation own;

  private DemoServer(URI address, String howToStop, ElasticsearchInstallation own) {
    this.address = address;
    this.howToStop = howToStop;
    this.own = own;
  }

  static DemoServer start(PrintStream out) {
    out.print("Starting Elasticsearch with the plugin ...");
    out.flush();
    long start = System.nanoTime();
    ElasticsearchInstallation installation = ElasticsearchInstallation.installBuilt();
    ElasticsearchNode node = installation.startNode("demo", SETTINGS);
    out.printf(Locale.ROOT, " %s in %.0f s%n", node.http(), (System.nanoTime() - start) / 1e9);
    String howToStop = "kill " + node.pid() + "; rm -rf '" + installation.directory() + "'";
    return new DemoServer(node.http(), howToStop, installation);
  }

  /**
   * The server that {@link #keep} wrote down, which may be gone by now; null when there is none.
   */
  static DemoServer kept(Path file) throws IOException {
    if (Files.notExists(file)) {
      return null;
    }
    List<String> lines = Files.readAllLines(file);
    return new DemoServer(URI.create(lines.get(0)), lines.get(1), null);
  }

  /** Lets the server run on, and writes down where it is. */
  void keep(Path file) throws IOException {
    Files.write(file, List.of(address.toString(), howToStop));
    own.detach();
    own = null;
  }

  RestClient client() {
    return new RestClient(address);
  }

  URI address() {
    return address;
  }

  /** A shell command. */
  String howToStop() {
    return howToStop;
  }

  /** Stops the server if this run started it and did not {@link #keep} it. */
  @Override
  public void close() {
    if (own != null) {
      own.close();
    }
  }
}
