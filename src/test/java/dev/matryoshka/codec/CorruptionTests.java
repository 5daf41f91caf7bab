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
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.junit.After;
import org.junit.Before;

/** Damaged files must be refused with the file's name, never read as something else. */
public class CorruptionTests extends MatryoshkaTestCase {

  private Directory intact;
  private String metaFile;
  private String dataFile;

  @Before
  public void writeIndex() throws IOException {
    intact = new ByteBuffersDirectory();
    CodecOptions options =
        new CodecOptions(
            VectorElement.FLOAT, RotationKind.RANDOM, List.of(64, 128), List.of(64, 128));
    try (IndexWriter writer = new IndexWriter(intact, CodedIndex.plainFiles(options))) {
      for (int i = 0; i < 1030; i++) {
        writer.addDocument(
            CodedIndex.document(
                i, CodedIndex.vector(random(), 128), VectorSimilarityFunction.EUCLIDEAN));
        if (i == 500) {
          writer.flush();
        }
      }
      // Bounds are written by merges.
      writer.forceMerge(1);
    }
    for (String file : intact.listAll()) {
      metaFile = file.endsWith(".vemb") ? file : metaFile;
      dataFile = file.endsWith(".veb") ? file : dataFile;
    }
  }

  @After
  public void closeIndex() throws IOException {
    intact.close();
  }

  private byte[] bytes(String file) throws IOException {
    try (IndexInput in = intact.openInput(file, IOContext.DEFAULT)) {
      byte[] bytes = new byte[Math.toIntExact(in.length())];
      in.readBytes(bytes, 0, bytes.length);
      return bytes;
    }
  }

  /** The index as if one file had other content. */
  private Directory with(String changedFile, byte[] content) throws IOException {
    Directory changed = new ByteBuffersDirectory();
    try (IndexOutput out = changed.createOutput(changedFile, IOContext.DEFAULT)) {
      out.writeBytes(content, content.length);
    }
    return new FilterDirectory(intact) {
      @Override
      public IndexInput openInput(String name, IOContext context) throws IOException {
        return (name.equals(changedFile) ? changed : in).openInput(name, context);
      }

      @Override
      public void close() throws IOException {
        // The intact index is used again.
        changed.close();
      }
    };
  }

  private static byte[] flipped(byte[] content, int at) {
    byte[] flipped = content.clone();
    flipped[at] ^= (byte) (1 << random().nextInt(8));
    return flipped;
  }

  private void expectRefusal(String file, byte[] content, String what) throws IOException {
    try (Directory damaged = with(file, content)) {
      IOException refusal =
          expectThrows(
              IOException.class,
              () -> {
                try (DirectoryReader reader = DirectoryReader.open(damaged)) {
                  fail(what + " was accepted by " + reader);
                }
              });
      assertEquals(what + ": " + refusal, CorruptIndexException.class, refusal.getClass());
      assertTrue(what + ": " + refusal, refusal.getMessage().contains(file));
    }
  }

  public void testEveryByteOfTheMetadata() throws IOException {
    byte[] content = bytes(metaFile);
    for (int at = 0; at < content.length; at++) {
      expectRefusal(metaFile, flipped(content, at), "metadata with byte " + at + " flipped");
    }
  }

  public void testTruncatedMetadata() throws IOException {
    byte[] content = bytes(metaFile);
    for (int length = 0; length < content.length; length += 1 + random().nextInt(3)) {
      byte[] truncated = Arrays.copyOf(content, length);
      try (Directory damaged = with(metaFile, truncated)) {
        // Shorter than a footer: Lucene itself cannot tell more than that the end is missing.
        expectThrows(IOException.class, () -> DirectoryReader.open(damaged));
      }
    }
  }

  public void testHeaderAndFooterOfTheData() throws IOException {
    byte[] content = bytes(dataFile);
    int header = CodecUtil.indexHeaderLength(MatryoshkaVectorsFormat.DATA_CODEC_NAME, suffix());
    for (int at = 0; at < header; at++) {
      // The version may also be refused as too new.
      byte[] damagedContent = flipped(content, at);
      try (Directory damaged = with(dataFile, damagedContent)) {
        IOException refusal = expectThrows(IOException.class, () -> DirectoryReader.open(damaged));
        assertTrue("" + refusal, refusal.getMessage().contains(dataFile));
      }
    }
    int footer = content.length - CodecUtil.footerLength();
    for (int at = footer; at < footer + 8; at++) {
      expectRefusal(dataFile, flipped(content, at), "data with byte " + at + " flipped");
    }
  }

  private String suffix() {
    return metaFile.substring(metaFile.indexOf('_', 1) + 1, metaFile.lastIndexOf('.'));
  }

  public void testTruncatedData() throws IOException {
    byte[] content = bytes(dataFile);
    for (int i = 0; i < 20; i++) {
      int length = random().nextInt(content.length);
      expectRefusal(dataFile, Arrays.copyOf(content, length), "data of " + length);
    }
    expectRefusal(dataFile, Arrays.copyOf(content, content.length - 1), "data but for one byte");
    for (int length = 0; length < 100; length++) {
      expectRefusal(dataFile, Arrays.copyOf(content, length), "data of a header's " + length);
    }
  }

  public void testDataOfAnotherSegment() throws IOException {
    Directory first = intact;
    byte[] content = bytes(dataFile);
    writeIndex();
    first.close();
    expectRefusal(dataFile, content, "data of another index");
  }

  public void testFlippedCodesAreFoundByTheIntegrityCheck() throws IOException {
    byte[] content = bytes(dataFile);
    for (int i = 0; i < 10; i++) {
      int header = CodecUtil.indexHeaderLength(MatryoshkaVectorsFormat.DATA_CODEC_NAME, suffix());
      int at = header + random().nextInt(content.length - header - CodecUtil.footerLength());
      try (Directory damaged = with(dataFile, flipped(content, at));
          DirectoryReader reader = DirectoryReader.open(damaged)) {
        CorruptIndexException found =
            expectThrows(
                CorruptIndexException.class, () -> getOnlyLeafReader(reader).checkIntegrity());
        assertTrue("" + found, found.getMessage().contains(dataFile));
      }
    }
  }

  /**
   * Metadata that says something impossible under a checksum that fits, as a bug or a malicious
   * snapshot would leave it: refused, or else readable without leaving the file's bounds.
   */
  public void testImpossibleMetadata() throws IOException {
    byte[] content = bytes(metaFile);
    int header = CodecUtil.indexHeaderLength(MatryoshkaVectorsFormat.META_CODEC_NAME, suffix());
    int footer = content.length - CodecUtil.footerLength();
    int refused = 0;
    for (int at = header; at < footer; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] changed = content.clone();
        changed[at] ^= (byte) (1 << bit);
        fixChecksum(changed);
        String what = "metadata with bit " + bit + " of byte " + (at - header) + " flipped";
        try (Directory damaged = with(metaFile, changed);
            DirectoryReader reader = DirectoryReader.open(damaged)) {
          SegmentCodes codes = CodedIndex.codes(getOnlyLeafReader(reader));
          if (codes != null) {
            CodeChecks.readBlocks(codes);
            codes.loadRotation();
          }
          SegmentBounds bounds =
              CodedIndex.reader(getOnlyLeafReader(reader), CodedIndex.FIELD)
                  .bounds(CodedIndex.FIELD);
          if (bounds != null) {
            bounds.loadBasis();
            new BoundScan(bounds, new float[128], 0)
                .ruleOut(900, new int[] {900, 1000}, 2, null, false);
          }
        } catch (CorruptIndexException e) {
          assertTrue(
              what + ": " + e,
              e.getMessage().contains(metaFile) || e.getMessage().contains(dataFile));
          refused++;
        } catch (Exception e) {
          throw new AssertionError(what, e);
        }
      }
    }
    assertTrue("" + refused, refused > (footer - header) * 8 / 3);
  }

  private static void fixChecksum(byte[] content) {
    CRC32 checksum = new CRC32();
    checksum.update(content, 0, content.length - Long.BYTES);
    for (int i = 0; i < Long.BYTES; i++) {
      content[content.length - 1 - i] = (byte) (checksum.getValue() >>> 8 * i);
    }
  }
}
