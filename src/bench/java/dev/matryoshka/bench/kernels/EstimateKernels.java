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
import dev.matryoshka.codec.BlockEstimates;
import dev.matryoshka.codec.CodeCursor;
import dev.matryoshka.codec.CodeScan;
import dev.matryoshka.codec.EstimateScan;
import dev.matryoshka.codec.QueryCode;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.lucene.search.TaskExecutor;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.util.IOUtils;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The asymmetric estimate of what a first stage over a million codes has captured, codes in a row,
 * corrections scattered over the file; and of all of them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EstimateKernels {

  /** Codes in the segment. */
  static final int CODES = 1_000_000;

  /** What the default funnel of k = 10 hands to the second stage. */
  static final int CANDIDATES = 2200;

  /** What it has the estimates of all codes leave when these were not enough. */
  private static final int WIDENED = 4400;

  private final float[] query = new float[CodeFiles.BITS];
  private Directory directory;
  private IndexInput data;
  private SegmentCodes segment;
  private QueryCode queryCode;
  private int[] ords;
  private long[] codes;

  @Setup
  public void open() throws IOException {
    QuietLogging.configure();
    directory = CodeFiles.open();
    data = BenchCodes.openData(directory, CodeFiles.columns(CODES));
    segment = BenchCodes.open(directory, CodeFiles.columns(CODES), CodeFiles.BITS, data);
    SplittableRandom random = new SplittableRandom(7);
    for (int d = 0; d < query.length; d++) {
      query[d] = random.nextFloat() - 0.5f;
    }
    queryCode = segment.encode(query);
    var nearest =
        CodeScan.scanAll(
            segment,
            queryCode,
            0,
            CANDIDATES,
            true,
            () -> null,
            () -> {},
            new TaskExecutor(Runnable::run));
    codes = nearest.codes();
    ords = new int[nearest.size()];
    for (int i = 0; i < ords.length; i++) {
      ords[i] = nearest.position(i);
    }
  }

  @TearDown
  public void close() throws IOException {
    IOUtils.close(data, directory);
  }

  /** The plugin's estimate, with the query's own preparation. */
  @Benchmark
  public float planes() throws IOException {
    QueryCode fresh = segment.encode(query);
    CodeCursor cursor = segment.cursor();
    float[] corrections = new float[cursor.correctionsPerVector()];
    float sum = 0;
    for (int i = 0; i < ords.length; i++) {
      cursor.readCorrections(ords[i], corrections, 0, 1);
      sum += fresh.estimate(0, codes, i * (CodeFiles.BITS / Long.SIZE), corrections, 0);
    }
    return sum;
  }

  /** Bit by bit. */
  @Benchmark
  public float bits() throws IOException {
    CodeCursor cursor = segment.cursor();
    float[] corrections = new float[cursor.correctionsPerVector()];
    float sum = 0;
    for (int i = 0; i < ords.length; i++) {
      cursor.readCorrections(ords[i], corrections, 0, 1);
      float dot = dot(codes, i * (CodeFiles.BITS / Long.SIZE));
      sum += corrections[0] * dot + corrections[1];
    }
    return sum;
  }

  private float dot(long[] from, int offset) {
    float dot = 0;
    for (int w = 0; w < CodeFiles.BITS / Long.SIZE; w++) {
      long word = from[offset + w];
      for (int b = 0; b < Long.SIZE; b++) {
        float projection = query[w * Long.SIZE + b];
        dot += (word >>> b & 1) == 0 ? -projection : projection;
      }
    }
    return dot;
  }

  /** The plugin's scan, with the query's own preparation. */
  @Benchmark
  public int scan() throws IOException {
    TaskExecutor oneThread = new TaskExecutor(Runnable::run);
    BlockEstimates fresh = EstimateScan.estimates(segment, segment.encode(query));
    return EstimateScan.scanAll(segment, fresh, WIDENED, () -> null, () -> {}, oneThread).size();
  }

  /** All codes bit by bit, and a heap. */
  @Benchmark
  public float scanBits() throws IOException {
    CodeCursor cursor = segment.cursor();
    float[] corrections = new float[cursor.correctionsPerVector()];
    long[] code = new long[CodeFiles.BITS / Long.SIZE];
    PriorityQueue<Float> best = new PriorityQueue<>();
    for (int ord = 0; ord < CODES; ord++) {
      cursor.readCode(ord, code, 0, 1);
      cursor.readCorrections(ord, corrections, 0, 1);
      float estimate = corrections[0] * dot(code, 0) + corrections[1];
      if (best.size() < WIDENED) {
        best.add(estimate);
      } else if (estimate > best.peek()) {
        best.poll();
        best.add(estimate);
      }
    }
    return best.peek();
  }
}
