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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One running server process. Started by {@link ElasticsearchInstallation#startNode}. */
public final class ElasticsearchNode {
  private static final Duration START_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final int POLL_MILLIS = 100;
  private static final int LOG_TAIL_LINES = 60;

  private final NodeDirectory directory;
  private final Process process;
  private final Path log;

  private ElasticsearchNode(NodeDirectory directory, Process process, Path log) {
    this.directory = directory;
    this.process = process;
    this.log = log;
  }

  /**
   * @param limits settings of the shell to make before, such as {@code ulimit -f 8192}; may be
   *     empty
   */
  static ElasticsearchNode start(
      NodeDirectory directory, ServerUser user, Path log, String heap, String limits)
      throws IOException {
    String program = directory.home().resolve("bin/elasticsearch").toString();
    List<String> command =
        limits.isEmpty()
            ? List.of(program)
            : List.of("bash", "-c", limits + " && exec \"$0\"", program);
    ProcessBuilder builder =
        new ProcessBuilder(user.command(command))
            .directory(directory.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    ElasticsearchInstallation.useJavaOfThisProcess(builder);
    builder.environment().put("ES_PATH_CONF", directory.config().toString());
    builder.environment().put("ES_TMPDIR", directory.temporary().toString());
    builder.environment().put("ES_JAVA_OPTS", "-Xms" + heap + " -Xmx" + heap);
    return new ElasticsearchNode(directory, builder.start(), log);
  }

  /** Waits until the node answers and so many nodes have formed a cluster of such a health. */
  void awaitReady(int nodes, String status) throws IOException {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    try {
      while (Files.exists(directory.ports("http")) == false) {
        if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
          throw failure("exited with code " + process.exitValue() + " while starting");
        }
        if (System.nanoTime() > deadline) {
          throw failure("did not start within " + START_TIMEOUT.toSeconds() + " s");
        }
      }
    } catch (InterruptedException e) {
      throw ElasticsearchInstallation.interrupted(e);
    }
    RestResponse health =
        new RestClient(http())
            .request(
                "GET",
                "/_cluster/health?timeout=60s&wait_for_status="
                    + status
                    + "&wait_for_nodes="
                    + nodes,
                null);
    if (health.status() != 200) {
      throw failure("started, but its cluster did not: " + health.body());
    }
  }

  /** Where the node serves HTTP. */
  public URI http() {
    return URI.create("http://" + address("http"));
  }

  /** Where other nodes find this one. */
  public String transportAddress() {
    return address("transport");
  }

  private String address(String protocol) {
    try {
      return Files.readAllLines(directory.ports(protocol)).getFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String name() {
    return directory.name();
  }

  /** The id of the process to end to stop the node. */
  public long pid() {
    return process.pid();
  }

  /** What the node has written to its console, which is its log. */
  public Path log() {
    return log;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Asks the node to stop, and after a while makes it. */
  public void stop() {
    process.destroy();
    try {
      if (process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS) == false) {
        kill();
      }
    } catch (InterruptedException e) {
      kill();
      throw ElasticsearchInstallation.interrupted(e);
    }
  }

  /** Ends the node at once, as a power cut would: nothing is flushed. */
  public void kill() {
    List<ProcessHandle> processes = new ArrayList<>(process.descendants().toList());
    processes.add(process.toHandle());
    processes.forEach(ProcessHandle::destroyForcibly);
    processes.forEach(handle -> handle.onExit().join());
  }

  private ServerException failure(String what) throws IOException {
    List<String> lines = Files.readAllLines(log);
    List<String> tail = lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size());
    stop();
    return new ServerException(
        "Elasticsearch node ["
            + name()
            + "] "
            + what
            + "; the end of "
            + log
            + ":\n"
            + String.join("\n", tail));
  }
}
