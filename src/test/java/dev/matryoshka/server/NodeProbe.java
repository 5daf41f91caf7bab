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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a node takes while it runs: heap, files, threads, contexts, accounted memory. */
public final class NodeProbe {

  private static final int CONTEXT_POLLS = 200;

  private final RestClient client;

  public NodeProbe(RestClient client) {
    this.client = client;
  }

  /**
   * The first number of a name in an answer.
   *
   * @param path what to get
   */
  public long number(String path, String name) {
    String body = client.request("GET", path, null).ok().body();
    Matcher matcher = Pattern.compile('"' + name + "\":(\\d+)").matcher(body);
    if (matcher.find() == false) {
      throw new ServerException("no [" + name + "] in " + body);
    }
    return Long.parseLong(matcher.group(1));
  }

  /** Waits for so long, without asking anything else of the node. */
  public void pass(int millis) {
    // A health that never comes is answered late.
    client.request("GET", "/_cluster/health?wait_for_nodes=99&timeout=" + millis + "ms", null);
  }

  /** The process of the Java machine itself, not of a script that has started it. */
  public long pid() {
    return number("/_nodes/process?filter_path=nodes.*.process.id", "id");
  }

  /** Bytes of heap in use after a full collection. */
  public long heapAfterCollection() {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    try {
      Process collection =
          new ProcessBuilder(jcmd.toString(), Long.toString(pid()), "GC.run")
              .redirectErrorStream(true)
              .start();
      String output =
          new String(collection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (collection.waitFor() != 0) {
        throw new ServerException("jcmd failed: " + output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw ElasticsearchInstallation.interrupted(e);
    }
    return number("/_nodes/stats/jvm", "heap_used_in_bytes");
  }

  /** Searches that are open, such as scrolls and points in time. */
  public int openContexts() {
    return (int) number("/_nodes/stats/indices/search", "open_contexts");
  }

  /** Searches that are still open after a while in which contexts time out. */
  public int openContextsAtLast() {
    int open = openContexts();
    for (int poll = 0; open > 0 && poll < CONTEXT_POLLS; poll++) {
      pass(100);
      open = openContexts();
    }
    return open;
  }

  /** Bytes that the circuit breaker for requests accounts for. */
  public long requestBytes() {
    return number(
        "/_nodes/stats/breaker?filter_path=nodes.*.breakers.request", "estimated_size_in_bytes");
  }

  /** File descriptors of the process. */
  public int openFiles() {
    return (int) number("/_nodes/stats/process", "open_file_descriptors");
  }

  /** Threads of the Java machine. */
  public int threads() {
    return (int) number("/_nodes/stats/jvm?filter_path=nodes.*.jvm.threads.count", "count");
  }

  /**
   * Files that were deleted and are still mapped to memory, or -1 where the system does not tell.
   */
  public int deletedMappings() {
    Path maps = Path.of("/proc", Long.toString(pid()), "maps");
    if (Files.isReadable(maps) == false) {
      return -1;
    }
    try (Stream<String> lines = Files.lines(maps)) {
      return (int)
          lines.filter(line -> line.endsWith(" (deleted)") && line.contains("/indices/")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
