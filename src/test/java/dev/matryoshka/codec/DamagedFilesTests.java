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

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.RotationKind;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;

/**
 * Flips bytes and cuts off ends of every file that the format writes, mapped into memory as on a
 * server, whatever the options: opening or checking tells, and names the file.
 */
public class DamagedFilesTests extends MatryoshkaTestCase {

  private static final int DIMS = 128;
  private static final int COUNT = 1100;
  private static final List<String> EXTENSIONS = List.of("vec", "vemf", "vemb", "veb");

  /** Files up to this size are damaged at every byte, larger ones at {@link #SAMPLES}. */
  private static final int SMALL = 1024;

  private static final int SAMPLES = 150;

  /** Bytes at both ends that are always damaged: headers and footers. */
  private static final int ENDS = 64;

  public void testFloatsWithCodesAndBounds() throws IOException {
    damage(
        new CodecOptions(
            VectorElement.FLOAT, RotationKind.RANDOM, List.of(64, 128), List.of(64, 128)),
        1);
  }

  public void testHalvesWithCodes() throws IOException {
    damage(new CodecOptions(VectorElement.BFLOAT16, RotationKind.NONE, List.of(64, 128)), 1);
  }

  public void testSeveralFields() throws IOException {
    damage(new CodecOptions(VectorElement.FLOAT, RotationKind.PCA, List.of(64)), 3);
  }

  private void damage(CodecOptions options, int fields) throws IOException {
    Path path = createTempDir();
    try (Directory directory = new MMapDirectory(path)) {
      write(directory, options, fields);
      assertIntact(directory);
      List<Path> files = new ArrayList<>();
      for (String file : directory.listAll()) {
        if (EXTENSIONS.contains(file.substring(file.lastIndexOf('.') + 1))) {
          files.add(path.resolve(file));
        }
      }
      assertEquals("one file of each kind: " + files, EXTENSIONS.size(), files.size());
      for (Path file : files) {
        byte[] content = Files.readAllBytes(file);
        for (int at : positions(content.length)) {
          byte[] flipped = content.clone();
          flipped[at] ^= (byte) (1 << random().nextInt(8));
          Files.write(file, flipped);
          expectRefusal(directory, file, "byte " + at + " flipped");
        }
        for (int length : positions(content.length)) {
          Files.write(file, Arrays.copyOf(content, length));
          expectRefusal(directory, file, "cut off at " + length);
        }
        Files.delete(file);
        expectThrows(IOException.class, () -> DirectoryReader.open(directory).close());
        Files.write(file, content);
      }
      assertIntact(directory);
    }
  }

  private static void write(Directory directory, CodecOptions options, int fields)
      throws IOException {
    VectorSimilarityFunction similarity =
        VectorSimilarityFunction.values()[
            random().nextInt(VectorSimilarityFunction.values().length)];
    try (IndexWriter writer = new IndexWriter(directory, CodedIndex.plainFiles(options))) {
      for (int i = 0; i < COUNT; i++) {
        Document document = CodedIndex.document(i, CodedIndex.vector(random(), DIMS), similarity);
        for (int f = 1; f < fields; f++) {
          document.add(
              new KnnFloatVectorField(
                  CodedIndex.FIELD + f, CodedIndex.vector(random(), DIMS), similarity));
        }
        writer.addDocument(document);
        if (i == COUNT / 2) {
          writer.flush();
        }
      }
      writer.forceMerge(1);
    }
  }

  private static TreeSet<Integer> positions(int length) {
    TreeSet<Integer> positions = new TreeSet<>();
    for (int i = 0; i < length; i++) {
      if (length <= SMALL || i < ENDS || i >= length - ENDS) {
        positions.add(i);
      }
    }
    for (int i = 0; i < SAMPLES; i++) {
      positions.add(random().nextInt(length));
    }
    return positions;
  }

  /** A check comes from every field, but reads the files of all: once is enough for a merge. */
  public void testFilesOfSeveralFieldsAreReadOnce() throws IOException {
    Path path = createTempDir();
    int fields = 3;
    try (Directory directory = new MMapDirectory(path)) {
      write(
          directory, new CodecOptions(VectorElement.FLOAT, RotationKind.NONE, List.of(64)), fields);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        var vectors = CodedIndex.reader(getOnlyLeafReader(reader), CodedIndex.FIELD);
        vectors.checkIntegrity();
        damageCodes(path);
        // The rest of the first round, which the first call has answered for.
        vectors.getMergeInstance().checkIntegrity();
        vectors.checkIntegrity();
        for (int round = 0; round < 2; round++) {
          expectThrows(
              CorruptIndexException.class, () -> vectors.getMergeInstance().checkIntegrity());
          vectors.checkIntegrity();
          vectors.getMergeInstance().checkIntegrity();
        }
      }
    }
  }

  private static void damageCodes(Path path) throws IOException {
    try (var files = Files.newDirectoryStream(path, "*.veb")) {
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file, READ, WRITE)) {
          ByteBuffer one = ByteBuffer.allocate(1);
          channel.read(one, channel.size() / 2);
          one.put(0, (byte) ~one.get(0)).flip();
          channel.write(one, channel.size() / 2);
        }
      }
    }
  }

  private static void assertIntact(Directory directory) throws IOException {
    assertTrue(check(directory).clean);
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      getOnlyLeafReader(reader).checkIntegrity();
    }
  }

  private static CheckIndex.Status check(Directory directory) throws IOException {
    try (CheckIndex check = new CheckIndex(directory)) {
      return check.checkIndex();
    }
  }

  private static void expectRefusal(Directory directory, Path file, String what)
      throws IOException {
    String damage = file.getFileName() + " with " + what;
    IOException refusal =
        expectThrows(
            IOException.class,
            () -> {
              try (DirectoryReader reader = DirectoryReader.open(directory)) {
                LeafReader leaf = getOnlyLeafReader(reader);
                searchUnchecked(leaf);
                leaf.checkIntegrity();
                fail(damage + " was accepted");
              }
            });
    boolean known =
        refusal instanceof CorruptIndexException
            || refusal instanceof EOFException
            || refusal instanceof IndexFormatTooNewException
            || refusal instanceof IndexFormatTooOldException;
    assertTrue(damage + ": " + refusal, known);
    // Lucene puts the whole directory around what is wrong with the ends of files.
    boolean named =
        Stream.<Throwable>iterate(refusal, Objects::nonNull, Throwable::getCause)
            .anyMatch(each -> each.getMessage().contains(file.getFileName().toString()));
    assertTrue(damage + ": " + refusal, named);
    if (random().nextInt(20) == 0) {
      assertFalse(damage + " passed for clean", check(directory).clean);
    }
  }

  /** Nothing reads all of a file before searches begin: they must come to an end all the same. */
  private static void searchUnchecked(LeafReader leaf) throws IOException {
    TopKnnCollector collector = new TopKnnCollector(10, Integer.MAX_VALUE);
    try {
      leaf.searchNearestVectors(
          CodedIndex.FIELD,
          CodedIndex.vector(random(), DIMS),
          collector,
          AcceptDocs.fromLiveDocs(null, leaf.maxDoc()));
    } catch (AssertionError e) {
      // Those of Lucene's, which no server runs with, against scores that overflow.
      assertTrue("" + e, e.getStackTrace()[0].getClassName().startsWith("org.apache.lucene."));
      return;
    }
    assertTrue(collector.topDocs().scoreDocs.length <= 10);
    SegmentBounds bounds = CodedIndex.reader(leaf, CodedIndex.FIELD).bounds(CodedIndex.FIELD);
    if (bounds != null) {
      float[] target = CodedIndex.vector(random(), DIMS);
      int[] ords = IntStream.range(900, 900 + DIMS).toArray();
      new BoundScan(bounds, target, 0.5f).ruleOut(900, ords, ords.length, null, false);
    }
  }
}
