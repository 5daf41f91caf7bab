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

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.store.ChecksumIndexInput;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.IOUtils;

/**
 * Parts of a file that are written side by side with the first one and follow it: in temporary
 * files, each with a checksum, since the file's own is of what is read back from them. For one
 * thread.
 */
final class LaterParts implements Closeable {

  private final Directory directory;
  private final IndexOutput data;
  private final List<IndexOutput> parts = new ArrayList<>();

  /**
   * @param data the file that gets the parts
   * @param suffix of the names of temporary files
   */
  LaterParts(Directory directory, IndexOutput data, String suffix, int count) throws IOException {
    this.directory = directory;
    this.data = data;
    boolean success = false;
    try {
      for (int i = 0; i < count; i++) {
        parts.add(directory.createTempOutput(data.getName(), suffix, IOContext.DEFAULT));
      }
      success = true;
    } finally {
      if (success == false) {
        IOUtils.closeWhileHandlingException(this);
      }
    }
  }

  /** Where to write a part. */
  IndexOutput part(int i) {
    return parts.get(i);
  }

  /**
   * Ends a part and appends it, aligned.
   *
   * @return its offset
   * @throws org.apache.lucene.index.CorruptIndexException if it is not what was written
   */
  long append(int i) throws IOException {
    IndexOutput part = parts.get(i);
    CodecUtil.writeFooter(part);
    part.close();
    long offset = data.alignFilePointer(MatryoshkaVectorsFormat.ALIGNMENT);
    try (ChecksumIndexInput in = directory.openChecksumInput(part.getName())) {
      data.copyBytes(in, in.length() - CodecUtil.footerLength());
      CodecUtil.checkFooter(in);
    }
    return offset;
  }

  /** What was written as a part, once it has been {@linkplain #append appended}. */
  IndexInput open(int i) throws IOException {
    return directory.openInput(parts.get(i).getName(), IOContext.READONCE);
  }

  /** Removes the temporary files, on a full disk too, where closing them fails. */
  @Override
  public void close() throws IOException {
    try {
      IOUtils.close(parts);
    } finally {
      for (IndexOutput part : parts) {
        IOUtils.deleteFilesIgnoringExceptions(directory, part.getName());
      }
    }
  }
}
