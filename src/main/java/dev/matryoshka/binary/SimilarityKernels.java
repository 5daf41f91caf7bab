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
package dev.matryoshka.binary;

import java.lang.foreign.MemorySegment;

/**
 * Inner products and distances of float vectors that are the same to the last bit whenever and
 * wherever they are computed: interpreted or compiled, on any processor, on the heap or off it. The
 * order of every operation is fixed: 32 running sums, of which sum l takes components l, 32 + l, …
 * by fused multiply-add, are halved in the order 16, 8, 4, 2, 1; what is left of components is
 * summed by itself and added at the end. Stateless and thread-safe.
 */
public abstract class SimilarityKernels {

  /** The implementation for this JVM. */
  public static final SimilarityKernels INSTANCE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
              && VectorSimilarityKernels.supported()
          ? new VectorSimilarityKernels()
          : new ScalarSimilarityKernels();

  /** Running sums. */
  static final int SUMS = 32;

  /** Inner product of two vectors of equal length. */
  public abstract float dot(float[] a, float[] b);

  /** Inner product with the little-endian floats from a byte offset of memory off the heap. */
  public abstract float dot(float[] a, MemorySegment b, long offset);

  /** Squared Euclidean distance of two vectors of equal length. */
  public abstract float squareDistance(float[] a, float[] b);

  /** Squared distance from the little-endian floats from a byte offset of memory off the heap. */
  public abstract float squareDistance(float[] a, MemorySegment b, long offset);

  /**
   * Inner product with the little-endian floats from a byte offset of memory off the heap, and of
   * these with themselves, in one pass.
   *
   * @return float bits of the former in the upper half, of the latter in the lower
   */
  public abstract long dotAndSquare(float[] a, MemorySegment b, long offset);

  /** Both results of {@link #dotAndSquare} in one. */
  static long pack(float dot, float square) {
    return (long) Float.floatToRawIntBits(dot) << Integer.SIZE
        | Integer.toUnsignedLong(Float.floatToRawIntBits(square));
  }
}
