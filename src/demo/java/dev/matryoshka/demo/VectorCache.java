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

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * Vectors of texts that were embedded before, in a file that only grows: pairs of a text and its
 * vector. An interrupted run loses no more than what its buffer held. Thread-safe.
 */
final class VectorCache implements AutoCloseable {
  private final Map<String, float[]> vectors = new HashMap<>();
  private final DataOutputStream out;

  VectorCache(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    if (Files.exists(file)) {
      dropAfter(file, read(file));
    }
    out =
        new DataOutputStream(
            new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)));
  }

  /** Returns where the last complete pair ends. */
  private long read(Path file) throws IOException {
    long end = 0;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      while (true) {
        byte[] text = new byte[in.readUnsignedShort()];
        in.readFully(text);
        float[] vector = new float[TextEmbedder.DIMS];
        for (int i = 0; i < vector.length; i++) {
          vector[i] = in.readFloat();
        }
        vectors.put(new String(text, StandardCharsets.UTF_8), vector);
        end += Short.BYTES + text.length + (long) vector.length * Float.BYTES;
      }
    } catch (EOFException e) {
      return end;
    }
  }

  private static void dropAfter(Path file, long end) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
      channel.truncate(end);
    }
  }

  /** The vector of a text, or null. */
  synchronized float[] get(String text) {
    return vectors.get(text);
  }

  synchronized void put(String text, float[] vector) throws IOException {
    vectors.put(text, vector);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeShort(bytes.length);
    out.write(bytes);
    for (float component : vector) {
      out.writeFloat(component);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}
