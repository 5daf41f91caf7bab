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
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of all shards under a directory. They are in memory after they were written, but those
 * of the index that was filled first not for long: while others are merged, the operating system
 * drops them, and some drop what has not been read for a while, however much memory is free.
 * Searches would then wait for the disk in one index, and not in another.
 */
final class IndexFiles implements AutoCloseable {

  private final Path directory;
  private final Arena arena = Arena.ofShared();

  IndexFiles(Path directory) {
    this.directory = directory;
  }

  /** Reads everything, and keeps it in memory where the system lets it. */
  void hold(PrintStream progress) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(directory)) {
      files = all.filter(IndexFiles::isOfShard).filter(Files::isRegularFile).toList();
    }
    MethodHandle lock =
        Linker.nativeLinker()
            .defaultLookup()
            .find("mlock")
            .map(
                function ->
                    Linker.nativeLinker()
                        .downcallHandle(
                            function,
                            FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG)))
            .orElse(null);
    int held = 0;
    try (ProgressBar bar = new ProgressBar(progress, "Reading", files.size(), 0)) {
      for (Path file : files) {
        held += hold(file, lock) ? 1 : 0;
        bar.advance(1);
      }
    }
    if (held < files.size()) {
      progress.println((files.size() - held) + " files may leave memory: mlock is not allowed");
    }
  }

  private boolean hold(Path file, MethodHandle lock) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() == 0) {
        return true;
      }
      MemorySegment mapped = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      mapped.load();
      return lock != null && (int) lock.invokeExact(mapped, mapped.byteSize()) == 0;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets them go. */
  @Override
  public void close() {
    arena.close();
  }

  /** Whether a file is in {@code indices/UUID/SHARD/index}. */
  private static boolean isOfShard(Path file) {
    int names = file.getNameCount();
    return names > 5
        && file.getName(names - 2).toString().equals("index")
        && file.getName(names - 5).toString().equals("indices");
  }
}
