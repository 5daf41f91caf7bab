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

import dev.matryoshka.MatryoshkaTestCase;
import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.FilterIndexOutput;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;

/** What goes through temporary files arrives as it was, or not at all, and leaves nothing. */
public class LaterPartsTests extends MatryoshkaTestCase {

  private static void write(LaterParts parts, byte[]... contents) throws IOException {
    for (int i = 0; i < contents.length; i++) {
      parts.part(i).writeBytes(contents[i], contents[i].length);
    }
  }

  public void testPartsFollowAligned() throws IOException {
    try (Directory directory = new ByteBuffersDirectory()) {
      byte[] first = new byte[random().nextInt(20_000)];
      byte[] second = new byte[random().nextInt(20_000)];
      random().nextBytes(first);
      random().nextBytes(second);
      long[] offsets = new long[2];
      try (IndexOutput data = directory.createOutput("data", IOContext.DEFAULT);
          LaterParts parts = new LaterParts(directory, data, "part", 2)) {
        data.writeByte((byte) 1);
        write(parts, first, second);
        offsets[0] = parts.append(0);
        offsets[1] = parts.append(1);
      }
      assertEquals(Arrays.asList("data"), Arrays.asList(directory.listAll()));
      try (IndexInput in = directory.openInput("data", IOContext.DEFAULT)) {
        assertArrayEquals(first, read(in, offsets[0], first.length));
        assertArrayEquals(second, read(in, offsets[1], second.length));
        assertEquals(in.length(), in.getFilePointer());
      }
      assertEquals(0, offsets[0] % MatryoshkaVectorsFormat.ALIGNMENT);
      assertEquals(0, offsets[1] % MatryoshkaVectorsFormat.ALIGNMENT);
    }
  }

  private static byte[] read(IndexInput in, long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    in.seek(offset);
    in.readBytes(bytes, 0, length);
    return bytes;
  }

  /** Its own checksum would say that all is well: it is of what is read back. */
  public void testDamageIsNoticed() throws IOException {
    try (Directory directory = new ByteBuffersDirectory()) {
      byte[] content = new byte[1 + random().nextInt(20_000)];
      try (IndexOutput data = directory.createOutput("data", IOContext.DEFAULT);
          LaterParts parts =
              new LaterParts(new Damaging(directory, content.length), data, "p", 1)) {
        write(parts, content);
        expectThrows(CorruptIndexException.class, () -> parts.append(0));
      }
      assertEquals(Arrays.asList("data"), Arrays.asList(directory.listAll()));
    }
  }

  public void testFilesThatCannotBeClosedAreDeleted() throws IOException {
    try (Directory directory = new ByteBuffersDirectory();
        IndexOutput data = directory.createOutput("data", IOContext.DEFAULT)) {
      Directory full =
          new FilterDirectory(directory) {
            @Override
            public IndexOutput createTempOutput(String prefix, String suffix, IOContext context)
                throws IOException {
              IndexOutput out = in.createTempOutput(prefix, suffix, context);
              return new FilterIndexOutput("full", out.getName(), out) {
                @Override
                public void close() throws IOException {
                  super.close();
                  throw new IOException(FullDisk.MESSAGE);
                }
              };
            }
          };
      LaterParts parts = new LaterParts(full, data, "part", 3);
      expectThrows(IOException.class, parts::close);
      assertEquals(Arrays.asList("data"), Arrays.asList(directory.listAll()));
    }
  }

  /** Flips a bit of every temporary file, somewhere in its content. */
  private final class Damaging extends FilterDirectory {
    private final int length;

    Damaging(Directory in, int length) {
      super(in);
      this.length = length;
    }

    @Override
    public IndexInput openInput(String name, IOContext context) throws IOException {
      byte[] bytes;
      try (IndexInput whole = in.openInput(name, context)) {
        bytes = read(whole, 0, Math.toIntExact(whole.length()));
      }
      bytes[random().nextInt(length)] ^= (byte) (1 << random().nextInt(8));
      in.deleteFile(name);
      try (IndexOutput out = in.createOutput(name, context)) {
        out.writeBytes(bytes, bytes.length);
      }
      return in.openInput(name, context);
    }
  }
}
