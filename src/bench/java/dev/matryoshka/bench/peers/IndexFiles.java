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
package dev.matryoshka.bench.peers;

import dev.matryoshka.terminal.ProgressBar;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of all shards under a directory. They are in memory after they were written, but those
 * of the index that was filled first not for long: while others are merged, the operating system
 * drops them. Searches would then wait for the disk in one index, and not in another.
 */
final class IndexFiles {

  private static final int MEGABYTE = 1 << 20;

  private final Path directory;

  IndexFiles(Path directory) {
    this.directory = directory;
  }

  /** Reads everything once, so that it is in memory as far as that goes. */
  void read(PrintStream progress) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(directory)) {
      files = all.filter(IndexFiles::isOfShard).filter(Files::isRegularFile).toList();
    }
    byte[] buffer = new byte[MEGABYTE];
    try (ProgressBar bar = new ProgressBar(progress, "Reading", files.size(), 0)) {
      for (Path file : files) {
        try (InputStream in = Files.newInputStream(file)) {
          while (in.read(buffer) >= 0) {
            // What matters is that it was read.
          }
        }
        bar.advance(1);
      }
    }
  }

  /** Whether a file is in {@code indices/UUID/SHARD/index}. */
  private static boolean isOfShard(Path file) {
    int names = file.getNameCount();
    return names > 5
        && file.getName(names - 2).toString().equals("index")
        && file.getName(names - 5).toString().equals("indices");
  }
}
