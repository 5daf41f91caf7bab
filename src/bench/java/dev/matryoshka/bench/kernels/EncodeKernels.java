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
import dev.matryoshka.codec.UnitLength;
import dev.matryoshka.rotation.Rotation;
import dev.matryoshka.rotation.RotationKind;
import dev.matryoshka.rotation.TrainingStats;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.VectorUtil;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Encoding vectors of 768 dimensions in 256 bits, corrections and writing included. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EncodeKernels {

  static final int VECTORS = 4096;

  private static final int DIMS = 768;

  private final Directory directory = new ByteBuffersDirectory();
  private float[][] vectors;
  private float[][] matrixRows;
  private Rotation rotation;

  @Setup
  public void make() {
    QuietLogging.configure();
    SplittableRandom random = new SplittableRandom(7);
    vectors = random(random, VECTORS);
    matrixRows = random(random, CodeFiles.BITS);
    float[] matrix = new float[CodeFiles.BITS * DIMS];
    for (int b = 0; b < CodeFiles.BITS; b++) {
      System.arraycopy(matrixRows[b], 0, matrix, b * DIMS, DIMS);
    }
    TrainingStats stats = new TrainingStats(1, 1, List.of(1f));
    rotation =
        new Rotation(
            RotationKind.RANDOM, new int[] {CodeFiles.BITS}, vectors[0].clone(), matrix, stats);
  }

  private static float[][] random(SplittableRandom random, int count) {
    float[][] vectors = new float[count][DIMS];
    for (float[] vector : vectors) {
      for (int d = 0; d < DIMS; d++) {
        vector[d] = random.nextFloat() - 0.5f;
      }
      UnitLength.scale(vector, 0, DIMS);
    }
    return vectors;
  }

  /** The plugin's writer. */
  @Benchmark
  public long blocks() throws IOException {
    return BenchCodes.encode(directory, rotation, vectors);
  }

  /** One inner product for each bit, and nothing else. */
  @Benchmark
  public long rows() {
    float[] mean = rotation.mean();
    float[] centred = new float[DIMS];
    long result = 0;
    for (float[] vector : vectors) {
      for (int d = 0; d < DIMS; d++) {
        centred[d] = vector[d] - mean[d];
      }
      for (int w = 0; w < CodeFiles.BITS; w += Long.SIZE) {
        long word = 0;
        for (int b = 0; b < Long.SIZE; b++) {
          float projection = VectorUtil.dotProduct(matrixRows[w + b], centred);
          word |= (projection >= 0 ? 1L : 0) << b;
        }
        result += word;
      }
    }
    return result;
  }
}
