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

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Reads as many bytes as a scan does, of the same mapped file, and only adds them up: the limit of
 * the machine. Which way is the fastest differs between machines, so there are several, and the
 * fastest counts.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadKernels {

  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
  private static final int WIDTH = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Codes whose bytes are read. */
  @Param("1000000")
  public int codes;

  private Arena arena;
  private MemorySegment bytes;
  private long length;

  @Setup
  public void map() throws IOException {
    arena = Arena.ofShared();
    length = (long) codes * CodeFiles.BYTES;
    try (FileChannel file =
        FileChannel.open(CodeFiles.path().resolve(CodeFiles.columns(codes) + ".data"))) {
      bytes = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
    }
  }

  @TearDown
  public void unmap() {
    arena.close();
  }

  /** One stream, eight loads at a time. */
  @Benchmark
  public long oneStream() {
    return read(WIDTH, 2L * WIDTH, 8L * WIDTH, length);
  }

  /** Four quarters of the file side by side. */
  @Benchmark
  public long fourStreams() {
    return read(WIDTH, length / 4, 2L * WIDTH, length / 4);
  }

  /** Eight parts of the file side by side. */
  @Benchmark
  public long eightStreams() {
    return read(length / 8, length / 4, WIDTH, length / 8);
  }

  /**
   * Adds up four pairs of vectors in each step.
   *
   * @param apart bytes between the two of a pair
   * @param pairs bytes between pairs
   * @param step bytes from one step to the next
   * @param end bytes that steps cover
   */
  private long read(long apart, long pairs, long step, long end) {
    LongVector a = LongVector.zero(SPECIES);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    LongVector e = a;
    LongVector f = a;
    LongVector g = a;
    LongVector h = a;
    for (long at = 0; at + step <= end; at += step) {
      a = a.add(at(at));
      b = b.add(at(at + apart));
      c = c.add(at(at + pairs));
      d = d.add(at(at + pairs + apart));
      e = e.add(at(at + 2 * pairs));
      f = f.add(at(at + 2 * pairs + apart));
      g = g.add(at(at + 3 * pairs));
      h = h.add(at(at + 3 * pairs + apart));
    }
    return a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))).reduceLanes(VectorOperators.ADD);
  }

  private LongVector at(long offset) {
    return LongVector.fromMemorySegment(SPECIES, bytes, offset, ORDER);
  }
}
