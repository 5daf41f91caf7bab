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
package dev.matryoshka.codec;

import java.io.IOException;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.FilterIndexOutput;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;

/**
 * A directory on a disk that is full after so many bytes: the write that does not fit is cut off
 * and fails, and so does everything after it. What is deleted makes no room.
 */
final class FullDisk extends FilterDirectory {

  static final String MESSAGE = "No space left on device";

  private long left;
  private long written;

  FullDisk(Directory in, long bytes) {
    super(in);
    left = bytes;
  }

  /** Bytes written so far. */
  long written() {
    return written;
  }

  /** Lets so many bytes more be written from now on. */
  void setLeft(long bytes) {
    left = bytes;
  }

  private int take(int wanted) {
    int taken = (int) Math.min(wanted, left);
    left -= taken;
    written += taken;
    return taken;
  }

  private void checkRoom() throws IOException {
    if (left <= 0) {
      throw new IOException(MESSAGE);
    }
  }

  @Override
  public IndexOutput createOutput(String name, IOContext context) throws IOException {
    checkRoom();
    return new Output(in.createOutput(name, context));
  }

  @Override
  public IndexOutput createTempOutput(String prefix, String suffix, IOContext context)
      throws IOException {
    checkRoom();
    return new Output(in.createTempOutput(prefix, suffix, context));
  }

  private final class Output extends FilterIndexOutput {
    Output(IndexOutput out) {
      super("output on a disk that fills up: " + out, out.getName(), out);
    }

    @Override
    public void writeByte(byte value) throws IOException {
      checkRoom();
      take(1);
      out.writeByte(value);
    }

    @Override
    public void writeBytes(byte[] bytes, int offset, int length) throws IOException {
      int taken = take(length);
      out.writeBytes(bytes, offset, taken);
      if (taken < length) {
        throw new IOException(MESSAGE);
      }
    }
  }
}
