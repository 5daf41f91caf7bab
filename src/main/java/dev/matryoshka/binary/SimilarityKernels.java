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
 * wherever they are computed: alone or together with others, interpreted or compiled, on any
 * processor, on the heap or off it. The order of every operation is fixed: 16 running sums, of
 * which sum l takes components l, 16 + l, … by fused multiply-add, are halved in the order 8, 4, 2,
 * 1; what is left of components is summed by itself and added at the end. Squares of a vector take
 * 8 sums in the same way. Stateless and thread-safe.
 */
public abstract class SimilarityKernels {

  /** The implementation for this JVM. */
  public static final SimilarityKernels INSTANCE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
              && VectorSimilarityKernels.supported()
          ? new VectorSimilarityKernels()
          : new ScalarSimilarityKernels();

  /** Running sums of a product. */
  static final int SUMS = 16;

  /** Running sums of a square. */
  static final int SQUARE_SUMS = 8;

  /** Vectors off the heap that are looked at together, so that their reads overlap. */
  public static final int ROWS = 4;

  /** Inner product of two vectors of equal length. */
  public abstract float dot(float[] a, float[] b);

  /** Inner product of a vector with itself, which need not be the same as that by {@link #dot}. */
  public abstract float square(float[] b);

  /** Squared Euclidean distance of two vectors of equal length. */
  public abstract float squareDistance(float[] a, float[] b);

  /**
   * Inner products with vectors off the heap.
   *
   * @param b little-endian floats
   * @param offsets where {@link #ROWS} vectors begin, in bytes; repeat some if there are fewer
   */
  public abstract void dots(float[] a, MemorySegment b, long[] offsets, float[] into);

  /** As {@link #dots}, and the vectors' inner products with themselves. */
  public abstract void dotsAndSquares(
      float[] a, MemorySegment b, long[] offsets, float[] dots, float[] squares);

  /** Squared distances from vectors off the heap. */
  public abstract void squareDistances(float[] a, MemorySegment b, long[] offsets, float[] into);
}
