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
package dev.matryoshka;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.zip.CRC32;
import org.apache.lucene.codecs.CodecUtil;

/**
 * A first stage that is blind though nothing can be seen to be wrong: queries are turned another
 * way than the documents were, in files whose checksums are right.
 */
public final class BrokenRotation {

  private BrokenRotation() {}

  /**
   * Writes noise over the matrix of the only field in a file of codes.
   *
   * @param file all bytes of the file, modified
   */
  public static void breakIn(byte[] file, int bits, int dims, Random random) {
    int footer = file.length - CodecUtil.footerLength();
    // The matrix is the last part of the last field.
    var matrix =
        ByteBuffer.wrap(file, footer - bits * dims * Float.BYTES, bits * dims * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    for (int i = 0; i < bits * dims; i++) {
      matrix.put(i, (float) random.nextGaussian());
    }
    CRC32 checksum = new CRC32();
    checksum.update(file, 0, file.length - Long.BYTES);
    ByteBuffer.wrap(file).putLong(file.length - Long.BYTES, checksum.getValue());
  }
}
