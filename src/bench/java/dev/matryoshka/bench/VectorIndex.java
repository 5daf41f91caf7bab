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
package dev.matryoshka.bench;

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.MatryoshkaVectorsReader;
import dev.matryoshka.codec.SegmentCodes;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.IOUtils;

/** Documents in an index of the plugin's format, numbered as they came; deleted when closed. */
public final class VectorIndex implements Closeable {

  public static final String FIELD = "v";

  /** Small enough that flushes train nothing: segments are made by merges. */
  private static final int MOST_FLUSHED = 10_000;

  private final Path path;
  private final Directory directory;
  private final DirectoryReader reader;

  private VectorIndex(Path path) throws IOException {
    this.path = path;
    this.directory = FSDirectory.open(path);
    this.reader = DirectoryReader.open(directory);
  }

  /**
   * Indexes documents.
   *
   * @param segments how many segments of equal size to end with, each the result of a merge
   */
  public static VectorIndex build(float[][] documents, CodecOptions options, int segments)
      throws IOException {
    return build(documents, options, segments, VectorSimilarityFunction.COSINE);
  }

  /** Indexes documents that are compared in another way than by cosine. */
  static VectorIndex build(
      float[][] documents, CodecOptions options, int segments, VectorSimilarityFunction similarity)
      throws IOException {
    VectorIndex[] parts = new VectorIndex[segments];
    for (int s = 0; s < segments; s++) {
      int from = (int) ((long) documents.length * s / segments);
      int to = (int) ((long) documents.length * (s + 1) / segments);
      parts[s] = merged(Arrays.copyOfRange(documents, from, to), options, similarity);
    }
    return segments == 1 ? parts[0] : join(options, false, parts);
  }

  private static VectorIndex merged(
      float[][] documents, CodecOptions options, VectorSimilarityFunction similarity)
      throws IOException {
    Path path = Files.createTempDirectory("matryoshka-bench");
    IndexWriterConfig config = config(options).setMergePolicy(new LogDocMergePolicy());
    int flushed = Math.min(MOST_FLUSHED, (documents.length + 1) / 2);
    try (Directory directory = FSDirectory.open(path);
        IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < documents.length; i++) {
        Document document = new Document();
        document.add(new KnnFloatVectorField(FIELD, documents[i], similarity));
        writer.addDocument(document);
        if ((i + 1) % flushed == 0) {
          writer.flush();
        }
      }
      writer.forceMerge(1);
    }
    return new VectorIndex(path);
  }

  /**
   * Puts indices one after the other into one, and closes them.
   *
   * @param merge whether to merge their segments into one, or keep them as they are
   */
  static VectorIndex join(CodecOptions options, boolean merge, VectorIndex... parts)
      throws IOException {
    Path path = Files.createTempDirectory("matryoshka-bench");
    IndexWriterConfig config =
        config(options).setMergePolicy(merge ? new LogDocMergePolicy() : NoMergePolicy.INSTANCE);
    try (Directory directory = FSDirectory.open(path);
        IndexWriter writer = new IndexWriter(directory, config)) {
      for (VectorIndex part : parts) {
        writer.addIndexes(part.directory);
      }
      if (merge) {
        writer.forceMerge(1);
      }
    }
    IOUtils.close(parts);
    return new VectorIndex(path);
  }

  private static IndexWriterConfig config(CodecOptions options) {
    KnnVectorsFormat format = new MatryoshkaVectorsFormat(options);
    KnnVectorsFormat perField =
        new PerFieldKnnVectorsFormat() {
          @Override
          public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
            return format;
          }
        };
    Codec lucene = Codec.getDefault();
    Codec codec =
        new FilterCodec(lucene.getName(), lucene) {
          @Override
          public KnnVectorsFormat knnVectorsFormat() {
            return perField;
          }
        };
    return new IndexWriterConfig().setCodec(codec).setRAMBufferSizeMB(1024);
  }

  IndexSearcher searcher() {
    return new IndexSearcher(reader);
  }

  /** One that collects in the thread of the caller, with helpers for what queries split up. */
  IndexSearcher searcher(Executor helpers) {
    return new IndexSearcher(reader, helpers) {
      @Override
      protected LeafSlice[] slices(List<LeafReaderContext> leaves) {
        return slices(leaves, Integer.MAX_VALUE, Integer.MAX_VALUE, false);
      }
    };
  }

  /** Size of all files. */
  long bytes() throws IOException {
    long bytes = 0;
    for (String file : directory.listAll()) {
      bytes += directory.fileLength(file);
    }
    return bytes;
  }

  /** Segments that have codes. */
  int codedSegments() {
    int coded = 0;
    for (int leaf = 0; leaf < reader.leaves().size(); leaf++) {
      coded += codes(leaf) == null ? 0 : 1;
    }
    return coded;
  }

  /** The codes of a segment, or null. */
  SegmentCodes codes(int leaf) {
    return reader(leaf).codes(FIELD);
  }

  /** The plugin's reader of a segment. */
  public MatryoshkaVectorsReader reader(int leaf) {
    KnnVectorsReader vectors = ((CodecReader) reader.leaves().get(leaf).reader()).getVectorReader();
    return (MatryoshkaVectorsReader)
        ((PerFieldKnnVectorsFormat.FieldsReader) vectors).getFieldReader(FIELD);
  }

  @Override
  public void close() throws IOException {
    IOUtils.close(reader, directory);
    try (var files = Files.walk(path)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
