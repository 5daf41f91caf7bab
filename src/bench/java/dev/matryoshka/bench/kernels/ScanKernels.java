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

import dev.matryoshka.bench.QuietLogging;
import dev.matryoshka.codec.BenchCodes;
import dev.matryoshka.codec.CodeScan;
import dev.matryoshka.codec.QueryCode;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.store.DataAccessHint;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.util.IOUtils;
import org.apache.lucene.util.LongHeap;
import org.apache.lucene.util.VectorUtil;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The first stage over all codes of a segment, and the way that suggests itself. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ScanKernels {

  private static final TaskExecutor ONE_THREAD = new TaskExecutor(Runnable::run);

  private static final int QUERIES = 16;

  /** Codes in the segment. */
  @Param("1000000")
  public int codes;

  /** Codes that the stage keeps. */
  @Param("1000")
  public int keep;

  private final QueryCode[] queries = new QueryCode[QUERIES];
  private final byte[][] queryBytes = new byte[QUERIES][];
  private Directory directory;
  private IndexInput columns;
  private IndexInput rows;
  private SegmentCodes segment;
  private int next;

  @Setup
  public void open() throws IOException {
    QuietLogging.configure();
    directory = CodeFiles.open();
    columns = BenchCodes.openData(directory, CodeFiles.columns(codes));
    segment = BenchCodes.open(directory, CodeFiles.columns(codes), CodeFiles.BITS, columns);
    rows =
        directory.openInput(
            CodeFiles.rows(codes), IOContext.DEFAULT.withHints(DataAccessHint.SEQUENTIAL));
    SplittableRandom random = new SplittableRandom(7);
    for (int q = 0; q < QUERIES; q++) {
      float[] query = new float[CodeFiles.BITS];
      for (int d = 0; d < query.length; d++) {
        query[d] = random.nextFloat() - 0.5f;
      }
      queries[q] = segment.encode(query);
      ByteBuffer bytes = ByteBuffer.allocate(CodeFiles.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asLongBuffer().put(queries[q].words());
      queryBytes[q] = bytes.array();
    }
  }

  @TearDown
  public void close() throws IOException {
    IOUtils.close(columns, rows, directory);
  }

  /** The plugin's scan. */
  @Benchmark
  public int columns() throws IOException {
    return CodeScan.scanAll(
            segment, queries[next()], 0, keep, true, () -> null, () -> {}, ONE_THREAD)
        .size();
  }

  /** Code by code from rows, into a heap. */
  @Benchmark
  public long rows() throws IOException {
    byte[] query = queryBytes[next()];
    byte[] code = new byte[CodeFiles.BYTES];
    LongHeap nearest = new LongHeap(keep);
    rows.seek(0);
    for (int i = 0; i < codes; i++) {
      rows.readBytes(code, 0, code.length);
      long key = (long) -VectorUtil.xorBitCount(query, code) << Integer.SIZE | ~i & 0xffffffffL;
      if (nearest.size() < keep) {
        nearest.push(key);
      } else if (key > nearest.top()) {
        nearest.updateTop(key);
      }
    }
    return nearest.top();
  }

  private int next() {
    next = (next + 1) % QUERIES;
    return next;
  }
}
