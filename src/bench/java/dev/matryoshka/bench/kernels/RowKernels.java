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
import dev.matryoshka.bench.VectorIndex;
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsReader;
import dev.matryoshka.codec.UnitLength;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.util.VectorUtil;
import org.apache.lucene.util.hnsw.RandomVectorScorer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The last stage: full-precision vectors scattered over a segment, other ones in each call, so that
 * they come from memory and not from the cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RowKernels {

  /** Vectors of a call. */
  static final int SCORED = 1000;

  private static final int VECTORS = 65_536;
  private static final int DIMS = 768;
  private static final long ROW = DIMS * Float.BYTES;
  private static final int CHUNK = 512;
  private static final int CHOICES = 32;
  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;

  private final int[][] choices = new int[CHOICES][];
  private final float[] scores = new float[CHUNK];
  private final int[] chunk = new int[CHUNK];
  private VectorIndex index;
  private MatryoshkaVectorsReader reader;
  private FloatVectorValues values;
  private Arena arena;
  private MemorySegment bytes;
  private float[] query;
  private int next;

  @Setup
  public void open() throws IOException {
    QuietLogging.configure();
    SplittableRandom random = new SplittableRandom(7);
    float[][] vectors = new float[VECTORS][DIMS];
    for (float[] vector : vectors) {
      for (int d = 0; d < DIMS; d++) {
        vector[d] = random.nextFloat() - 0.5f;
      }
      UnitLength.scale(vector, 0, DIMS);
    }
    query = vectors[0].clone();
    CodecOptions options = new CodecOptions(VectorElement.FLOAT, RotationKind.NONE, List.of(256));
    index = VectorIndex.build(vectors, options, 1);
    reader = index.reader(0);
    values = reader.getFloatVectorValues(VectorIndex.FIELD);
    arena = Arena.ofShared();
    bytes = map(vectors);
    for (int c = 0; c < CHOICES; c++) {
      choices[c] = random.ints(0, VECTORS).distinct().limit(SCORED).sorted().toArray();
    }
  }

  /** The vectors in a file that nothing else reads. */
  private MemorySegment map(float[][] vectors) throws IOException {
    Path file = CodeFiles.path().resolve("vectors");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      var mode = FileChannel.MapMode.READ_WRITE;
      MemorySegment mapped = channel.map(mode, 0, vectors.length * ROW, arena);
      for (int i = 0; i < vectors.length; i++) {
        MemorySegment.copy(vectors[i], 0, mapped, ValueLayout.JAVA_FLOAT, i * ROW, DIMS);
      }
      return mapped;
    }
  }

  @TearDown
  public void close() throws IOException {
    index.close();
    arena.close();
  }

  /** As the plugin scores its last candidates. */
  @Benchmark
  public float stage() throws IOException {
    int[] ords = next();
    RandomVectorScorer scorer = reader.scorer(VectorIndex.FIELD, query);
    float sum = 0;
    for (int from = 0; from < SCORED; from += CHUNK) {
      int count = Math.min(CHUNK, SCORED - from);
      System.arraycopy(ords, from, chunk, 0, count);
      scorer.bulkScore(chunk, scores, count);
      sum += scores[0];
    }
    return sum;
  }

  /** One after the other, each copied to the heap first. */
  @Benchmark
  public float copies() throws IOException {
    float sum = 0;
    for (int ord : next()) {
      sum += VectorUtil.cosine(query, values.vectorValue(ord));
    }
    return sum;
  }

  /** Only adds up the bytes of the same vectors in another mapped file, four side by side. */
  @Benchmark
  public long read() {
    LongVector a = LongVector.zero(SPECIES);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    int width = SPECIES.vectorByteSize();
    int[] ords = next();
    for (int i = 0; i + 4 <= SCORED; i += 4) {
      long a0 = (long) ords[i] * ROW;
      long b0 = (long) ords[i + 1] * ROW;
      long c0 = (long) ords[i + 2] * ROW;
      long d0 = (long) ords[i + 3] * ROW;
      for (int at = 0; at < ROW; at += width) {
        a = a.add(at(a0 + at));
        b = b.add(at(b0 + at));
        c = c.add(at(c0 + at));
        d = d.add(at(d0 + at));
      }
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  private LongVector at(long offset) {
    return LongVector.fromMemorySegment(SPECIES, bytes, offset, ByteOrder.nativeOrder());
  }

  private int[] next() {
    next = (next + 1) % CHOICES;
    return choices[next];
  }
}
