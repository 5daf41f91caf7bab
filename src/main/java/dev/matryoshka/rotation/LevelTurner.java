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
package dev.matryoshka.rotation;

import java.util.Arrays;

/**
 * Rotates principal components level by level, each level's among themselves: the first b
 * components still span the same space, so a shorter code stays the prefix of a longer one. A wide
 * level is rotated in parts, to which its components are dealt out, so that each has its share of
 * the variance: time and heap of learning grow with the cube and the square of the width.
 */
final class LevelTurner {

  private static final int CHUNK = 512;

  /** Most components that are rotated among themselves. */
  static final int WIDEST = 512;

  private final float[] centred;
  private final int count;
  private final int dims;
  private final long seed;
  private final Runnable interrupt;

  /**
   * @param centred row-major sample, count × dims, mean removed
   */
  LevelTurner(float[] centred, int count, int dims, long seed, Runnable interrupt) {
    this.centred = centred;
    this.count = count;
    this.dims = dims;
    this.seed = seed;
    this.interrupt = interrupt;
  }

  /**
   * Turns all levels.
   *
   * @param components row-major, orthonormal rows in descending order of variance
   * @param learned whether to learn the rotations from the sample, or take random ones
   * @return row-major, of the same shape
   */
  float[] turn(float[] components, int[] levels, boolean learned) {
    float[] turned = new float[components.length];
    int from = 0;
    for (int to : levels) {
      for (int[] part : deal(from, to)) {
        turn(components, part, learned, turned);
      }
      from = to;
    }
    return turned;
  }

  /** Deals components out to as few parts as there must be, each a multiple of 64. */
  static int[][] deal(int from, int to) {
    int units = (to - from) / Long.SIZE;
    int count = (to - from + WIDEST - 1) / WIDEST;
    int[][] parts = new int[count][];
    for (int p = 0; p < count; p++) {
      parts[p] = new int[(units / count + (p < units % count ? 1 : 0)) * Long.SIZE];
    }
    int[] dealt = new int[count];
    for (int component = from; component < to; component++) {
      int next = 0;
      for (int p = 1; p < count; p++) {
        // To the one that has the smallest share of what it is to have.
        next = dealt[p] * parts[next].length < dealt[next] * parts[p].length ? p : next;
      }
      parts[next][dealt[next]++] = component;
    }
    return parts;
  }

  /** Turns some components among themselves. */
  private void turn(float[] components, int[] part, boolean learned, float[] turned) {
    int size = part.length;
    float[] level = new float[size * dims];
    for (int i = 0; i < size; i++) {
      System.arraycopy(components, part[i] * dims, level, i * dims, dims);
    }
    float[] rotation =
        learned
            ? new IterativeQuantization(project(level, size), count, size)
                .learn(seed + part[0], interrupt)
            : OrthonormalRows.random(size, size, seed + part[0], interrupt);
    // Row b of the result is the combination of components that column b of R asks for.
    PackedMatrix packed = new PackedMatrix(level, dims, 1, size, dims);
    int stride = packed.paddedColumns();
    float[] product = new float[size * stride];
    packed.multiplyAdd(rotation, 1, size, size, product, stride, interrupt);
    for (int i = 0; i < size; i++) {
      System.arraycopy(product, i * stride, turned, part[i] * dims, dims);
    }
  }

  private float[] project(float[] level, int size) {
    PackedMatrix packed = new PackedMatrix(level, 1, dims, dims, size);
    float[] projections = new float[Math.multiplyExact(count, size)];
    float[] rows = new float[CHUNK * dims];
    float[] products = new float[CHUNK * size];
    for (int from = 0; from < count; from += CHUNK) {
      int used = Math.min(CHUNK, count - from);
      System.arraycopy(centred, from * dims, rows, 0, used * dims);
      Arrays.fill(products, 0);
      packed.multiplyAdd(rows, dims, 1, used, products, size, interrupt);
      System.arraycopy(products, 0, projections, from * size, used * size);
    }
    return projections;
  }
}
