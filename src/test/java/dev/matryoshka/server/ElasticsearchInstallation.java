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
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An Elasticsearch distribution unpacked into a directory of its own, with the plugin installed by
 * {@code elasticsearch-plugin}, and the nodes started from it. Nodes of one installation form one
 * cluster. Closing it, or the end of the JVM however it comes (short of a kill -9), stops the nodes
 * and deletes the directory; the log of each node stays beside it.
 */
public final class ElasticsearchInstallation implements AutoCloseable {
  /** Java heap of a node unless something else is asked for. */
  private static final String HEAP = "1g";

  private final Path logs;
  private final Path work;
  private final Path home;
  private final ServerUser user;
  private final List<ElasticsearchNode> nodes = new ArrayList<>();
  private final Thread closeAtExit = new Thread(this::stopAndDelete, "stop-elasticsearch");

  private ElasticsearchInstallation(Path logs, Path work, Path home, ServerUser user) {
    this.logs = logs;
    this.work = work;
    this.home = home;
    this.user = user;
  }

  /**
   * Unpacks a distribution and installs a plugin into it.
   *
   * @param distribution the zip of a distribution
   * @param plugin the zip of the plugin
   * @param directory where logs go and, when the server's user can enter it, everything else;
   *     created when missing
   */
  public static ElasticsearchInstallation install(Path distribution, Path plugin, Path directory) {
    try {
      ServerUser user = ServerUser.current();
      Path javaHome = javaHome();
      if (user.canReach(javaHome) == false) {
        throw new ServerException(
            "Elasticsearch does not run as root, and other users cannot enter the JDK at "
                + javaHome
                + "; run this as another user or with a JDK that everybody can read");
      }
      Files.createDirectories(directory);
      Path parent =
          user.canReach(directory) ? directory : Path.of(System.getProperty("java.io.tmpdir"));
      Path work = Files.createTempDirectory(parent, "elasticsearch-").toRealPath();
      ElasticsearchInstallation installation =
          new ElasticsearchInstallation(directory, work, unpack(distribution, work), user);
      Runtime.getRuntime().addShutdownHook(installation.closeAtExit);
      installation.installPlugin(plugin);
      user.own(work);
      return installation;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Installs the plugin that was just built. The build says where things are in the system
   * properties {@code matryoshka.distribution}, {@code matryoshka.plugin} and {@code
   * matryoshka.servers}, the directory for servers.
   */
  public static ElasticsearchInstallation installBuilt() {
    return install(
        path("matryoshka.distribution"), path("matryoshka.plugin"), path("matryoshka.servers"));
  }

  private static Path path(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new ServerException("run this through ./mvnw verify, which sets [" + property + "]");
    }
    return Path.of(value).toAbsolutePath();
  }

  /** Lets a program of Elasticsearch run on the JDK that runs this code. */
  static void useJavaOfThisProcess(ProcessBuilder program) {
    program.environment().remove("JAVA_HOME");
    program.environment().put("ES_JAVA_HOME", javaHome().toString());
  }

  private static Path javaHome() {
    return Path.of(System.getProperty("java.home"));
  }

  /** Returns the top directory of the zip; file modes are kept, which java.util.zip would not. */
  private static Path unpack(Path zip, Path target) throws IOException {
    try (FileSystem archive =
        FileSystems.newFileSystem(zip, Map.of("enablePosixFileAttributes", true))) {
      Path root = archive.getPath("/");
      try (Stream<Path> entries = Files.walk(root)) {
        for (Path entry :
            (Iterable<Path>) entries.filter(path -> path.equals(root) == false)::iterator) {
          Path file = target.resolve(root.relativize(entry).toString());
          Files.copy(entry, file, StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
    try (Stream<Path> tops = Files.list(target)) {
      return tops.findFirst().orElseThrow(() -> new ServerException(zip + " is empty"));
    }
  }

  /** Installs the zip of a plugin, for nodes that are started from now on. */
  public void installPlugin(Path plugin) throws IOException {
    runPluginTool("install", "--batch", plugin.toUri().toString());
    user.own(home);
  }

  /** Removes a plugin, for nodes that are started from now on. */
  public void removePlugin(String name) throws IOException {
    runPluginTool("remove", name);
  }

  private void runPluginTool(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin/elasticsearch-plugin").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    useJavaOfThisProcess(builder);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    try {
      if (process.waitFor() != 0) {
        throw new ServerException("elasticsearch-plugin " + arguments[0] + " failed:\n" + output);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Starts a node with default settings. */
  public ElasticsearchNode startNode(String name) {
    return startNode(name, Map.of());
  }

  /**
   * Starts a node and waits until it serves requests. The first node makes a cluster, later ones
   * join it. A name used before starts on the data that the node of that name left.
   *
   * @param settings on top of, or instead of, what {@link NodeDirectory} writes
   */
  public ElasticsearchNode startNode(String name, Map<String, String> settings) {
    return startNode(name, settings, HEAP);
  }

  /**
   * As above.
   *
   * @param heap size of the Java heap, such as {@code 2g}
   */
  public ElasticsearchNode startNode(String name, Map<String, String> settings, String heap) {
    return startNode(name, settings, heap, "yellow", "");
  }

  /** Starts a node that may be unable to open some of its indices. */
  public ElasticsearchNode startNodeInAnyHealth(String name) {
    return startNode(name, Map.of(), HEAP, "red", "");
  }

  /** Starts a node whose files cannot grow beyond a size, as if its disk were full. */
  public ElasticsearchNode startNodeWithFilesUpTo(int kilobytes, String name) {
    return startNode(name, Map.of(), HEAP, "yellow", "ulimit -f " + kilobytes);
  }

  private synchronized ElasticsearchNode startNode(
      String name, Map<String, String> settings, String heap, String health, String limits) {
    nodes.removeIf(node -> node.isAlive() == false);
    Map<String, String> discovery =
        nodes.isEmpty()
            ? Map.of("cluster.initial_master_nodes", name)
            : Map.of("discovery.seed_hosts", nodes.getFirst().transportAddress());
    try {
      NodeDirectory directory = new NodeDirectory(work, home, name);
      directory.write(discovery, settings);
      user.own(directory.root());
      ElasticsearchNode node =
          ElasticsearchNode.start(
              directory,
              user,
              logs.resolve(work.getFileName() + "-" + name + ".log"),
              heap,
              limits);
      nodes.add(node);
      node.awaitReady(nodes.size(), health);
      return node;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A directory under which every node may make a snapshot repository of type fs. */
  public Path repositories() {
    return NodeDirectory.repositories(work);
  }

  /** The directory that everything lives in. */
  public Path directory() {
    return work;
  }

  /** Leaves the nodes running and the directory in place when the JVM exits. */
  public void detach() {
    Runtime.getRuntime().removeShutdownHook(closeAtExit);
  }

  @Override
  public void close() {
    detach();
    stopAndDelete();
  }

  private synchronized void stopAndDelete() {
    nodes.forEach(ElasticsearchNode::stop);
    try (Stream<Path> files = Files.walk(work)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new ServerException("cannot delete " + work, e);
    }
  }

  static ServerException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new ServerException("interrupted", e);
  }
}
