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

  @Benchmark
  public long oneStream() {
    LongVector a = LongVector.zero(SPECIES);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    long step = 4L * WIDTH;
    for (long at = 0; at + step <= length; at += step) {
      a = a.add(at(at));
      b = b.add(at(at + WIDTH));
      c = c.add(at(at + 2 * WIDTH));
      d = d.add(at(at + 3 * WIDTH));
    }
    return sum(a, b, c, d);
  }

  @Benchmark
  public long oneStreamOfEight() {
    LongVector a = LongVector.zero(SPECIES);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    LongVector e = a;
    LongVector f = a;
    LongVector g = a;
    LongVector h = a;
    long step = 8L * WIDTH;
    for (long at = 0; at + step <= length; at += step) {
      a = a.add(at(at));
      b = b.add(at(at + WIDTH));
      c = c.add(at(at + 2 * WIDTH));
      d = d.add(at(at + 3 * WIDTH));
      e = e.add(at(at + 4 * WIDTH));
      f = f.add(at(at + 5 * WIDTH));
      g = g.add(at(at + 6 * WIDTH));
      h = h.add(at(at + 7 * WIDTH));
    }
    return sum(a, b, c, d) + sum(e, f, g, h);
  }

  /** Four quarters of the file at a time. */
  @Benchmark
  public long fourStreams() {
    LongVector a = LongVector.zero(SPECIES);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    LongVector e = a;
    LongVector f = a;
    LongVector g = a;
    LongVector h = a;
    long quarter = length / 4;
    long step = 2L * WIDTH;
    for (long at = 0; at + step <= quarter; at += step) {
      a = a.add(at(at));
      b = b.add(at(at + WIDTH));
      c = c.add(at(quarter + at));
      d = d.add(at(quarter + at + WIDTH));
      e = e.add(at(2 * quarter + at));
      f = f.add(at(2 * quarter + at + WIDTH));
      g = g.add(at(3 * quarter + at));
      h = h.add(at(3 * quarter + at + WIDTH));
    }
    return sum(a, b, c, d) + sum(e, f, g, h);
  }

  /** Eight parts of the file at a time. */
  @Benchmark
  public long eightStreams() {
    LongVector a = LongVector.zero(SPECIES);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    LongVector e = a;
    LongVector f = a;
    LongVector g = a;
    LongVector h = a;
    long part = length / 8;
    for (long at = 0; at + WIDTH <= part; at += WIDTH) {
      a = a.add(at(at));
      b = b.add(at(part + at));
      c = c.add(at(2 * part + at));
      d = d.add(at(3 * part + at));
      e = e.add(at(4 * part + at));
      f = f.add(at(5 * part + at));
      g = g.add(at(6 * part + at));
      h = h.add(at(7 * part + at));
    }
    return sum(a, b, c, d) + sum(e, f, g, h);
  }

  private LongVector at(long offset) {
    return LongVector.fromMemorySegment(SPECIES, bytes, offset, ORDER);
  }

  private static long sum(LongVector a, LongVector b, LongVector c, LongVector d) {
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }
}
