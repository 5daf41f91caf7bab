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
package dev.matryoshka.bench.kernels;

import dev.matryoshka.codec.BenchCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;

/** The files that scans are measured on, in the directory that a system property names. */
final class CodeFiles {

  static final int BITS = 256;
  static final int BYTES = BITS / Byte.SIZE;

  private static final long SEED = 42;

  private CodeFiles() {}

  static Path path() {
    return Path.of(System.getProperty("matryoshka.bench"), "kernels");
  }

  static Directory open() throws IOException {
    return FSDirectory.open(path());
  }

  /** Codes in the plugin's own layout. */
  static String columns(int codes) {
    return "columns-" + codes;
  }

  /** Codes one after the other. */
  static String rows(int codes) {
    return "rows-" + codes;
  }

  /** Writes both layouts. */
  static void write(int codes) throws IOException {
    Files.createDirectories(path());
    try (Directory directory = open()) {
      BenchCodes.writeRandom(directory, columns(codes), codes, BITS, SEED);
      SplittableRandom random = new SplittableRandom(SEED);
      try (IndexOutput out = directory.createOutput(rows(codes), IOContext.DEFAULT)) {
        for (long word = 0; word < (long) codes * BYTES / Long.BYTES; word++) {
          out.writeLong(random.nextLong());
        }
      }
    }
  }

  static void deleteAll() throws IOException {
    Files.createDirectories(path());
    try (Directory directory = open()) {
      for (String file : directory.listAll()) {
        directory.deleteFile(file);
      }
    }
  }
}
