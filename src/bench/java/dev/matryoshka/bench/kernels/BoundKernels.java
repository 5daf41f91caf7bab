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

import dev.matryoshka.binary.ByteDotKernels;
import dev.matryoshka.codec.BoundScan;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The first level of bounds: inner products of rows of bytes with weights. There are more rows than
 * the cache holds.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BoundKernels {

  /** Rows of a call. */
  static final int ROWS = 262_144;

  private static final int WIDTH = 256;
  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;

  private final float[] weights = new float[WIDTH];
  private final long[] starts = new long[BoundScan.BLOCK];
  private final float[] sums = new float[BoundScan.BLOCK];
  private final byte[] row = new byte[WIDTH];
  private Arena arena;
  private MemorySegment bytes;

  @Setup
  public void open() throws IOException {
    SplittableRandom random = new SplittableRandom(11);
    for (int j = 0; j < WIDTH; j++) {
      weights[j] = random.nextFloat() - 0.5f;
    }
    arena = Arena.ofShared();
    Path file = CodeFiles.path().resolve("bytes");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) ROWS * WIDTH, arena);
    }
    byte[] values = new byte[WIDTH];
    for (int i = 0; i < ROWS; i++) {
      random.nextBytes(values);
      MemorySegment.copy(values, 0, bytes, ValueLayout.JAVA_BYTE, (long) i * WIDTH, WIDTH);
    }
  }

  @TearDown
  public void close() {
    arena.close();
  }

  /** As the plugin does it. */
  @Benchmark
  public float blocks() {
    float sum = 0;
    for (int first = 0; first < ROWS; first += BoundScan.BLOCK) {
      for (int i = 0; i < BoundScan.BLOCK; i++) {
        starts[i] = (long) (first + i) * WIDTH;
      }
      ByteDotKernels.INSTANCE.dots(bytes, starts, BoundScan.BLOCK, WIDTH, weights, 0, sums);
      sum += sums[0];
    }
    return sum;
  }

  /** One after the other, each copied to the heap first. */
  @Benchmark
  public float copies() {
    float best = 0;
    for (int i = 0; i < ROWS; i++) {
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, (long) i * WIDTH, row, 0, WIDTH);
      float sum = 0;
      for (int j = 0; j < WIDTH; j++) {
        sum += weights[j] * row[j];
      }
      best = Math.max(best, sum);
    }
    return best;
  }

  /** Only reads. */
  @Benchmark
  public long read() {
    LongVector sum = LongVector.zero(SPECIES);
    long end = (long) ROWS * WIDTH;
    for (long at = 0; at < end; at += SPECIES.vectorByteSize()) {
      sum = sum.add(LongVector.fromMemorySegment(SPECIES, bytes, at, ByteOrder.LITTLE_ENDIAN));
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }
}
