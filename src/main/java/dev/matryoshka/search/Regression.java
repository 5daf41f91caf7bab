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
package dev.matryoshka.search;

/**
 * The least-squares line through points that come one by one. It never falls: a better coarse score
 * promises no worse fine one. Not thread-safe.
 *
 * <p>Equal points count once: they are copies of one vector, and say nothing of how far others are
 * from the line.
 */
final class Regression {

  /** Points through which a line is known, and how far others are from it. */
  private static final int ENOUGH = 8;

  /** The variance where there are fewer: anything may follow from anything. */
  private static final double UNKNOWN = 1e60;

  /** Points that are remembered, at most: more than it takes to know the line. */
  private static final int MEMORY = 512;

  /** Of 2⁶⁴: spreads whatever is multiplied by it over the upper bits (Knuth TAOCP vol. 3, 6.4). */
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  /** Points as the key of x above the bits of y, each at the first free slot from its x's on. */
  private long[] slots = new long[1 << 6];

  /** Most candidates are below all that was remembered, and need not be looked up. */
  private float leastRemembered = Float.POSITIVE_INFINITY;

  private int remembered;
  private int count;
  private double sumX;
  private double sumY;
  private double sumXX;
  private double sumXY;
  private double sumYY;

  /**
   * What is known of y where x is known.
   *
   * @param slope at least 0
   * @param variance mean square of the points' distances from the line, in the direction of y
   */
  record Line(double intercept, double slope, double variance) {

    double at(double x) {
      return intercept + slope * x;
    }

    /** This line with at least such a standard deviation. */
    Line deviatingBy(double least) {
      return new Line(intercept, slope, Math.max(variance, least * least));
    }

    /** This line after another one, whose y is this one's x, and whose errors add to this one's. */
    Line after(Line first) {
      return new Line(
          at(first.intercept), slope * first.slope, slope * slope * first.variance + variance);
    }
  }

  void add(double x, double y) {
    int slot = slot((float) x);
    long point = key((float) x) << 32 | bits((float) y);
    if (slots[slot] == point) {
      return;
    }
    if (slots[slot] == 0 && remembered < MEMORY) {
      slots[slot] = point;
      leastRemembered = Math.min(leastRemembered, (float) x);
      if (2 * ++remembered == slots.length) {
        grow();
      }
    }
    count++;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
    sumYY += y * y;
  }

  /** More than 0, as free slots are. */
  private static long key(float x) {
    return bits(x) + 1;
  }

  private static long bits(float value) {
    return Integer.toUnsignedLong(Float.floatToIntBits(value));
  }

  /** Where a point with this x is, or would be. */
  private int slot(float x) {
    long key = key(x);
    // As many of the upper bits as it takes to number the slots, of which there are a power of two.
    int slot = (int) (key * GOLDEN_RATIO >>> Long.numberOfLeadingZeros(slots.length - 1));
    while (slots[slot] != 0 && slots[slot] >>> 32 != key) {
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
  }

  private void grow() {
    long[] points = slots;
    slots = new long[2 * points.length];
    for (long point : points) {
      if (point != 0) {
        slots[slot(Float.intBitsToFloat((int) ((point >>> 32) - 1)))] = point;
      }
    }
  }

  /** The y of a point with exactly this x, or NaN where none is remembered. */
  float known(float x) {
    if (x < leastRemembered) {
      return Float.NaN;
    }
    long point = slots[slot(x)];
    return point == 0 ? Float.NaN : Float.intBitsToFloat((int) point);
  }

  /** The line through the points so far, of which there is at least one. */
  Line line() {
    double xx = sumXX - sumX * sumX / count;
    double xy = sumXY - sumX * sumY / count;
    double yy = sumYY - sumY * sumY / count;
    double slope = xx > 0 ? Math.max(0, xy / xx) : 0;
    double squares = Math.max(0, yy - slope * xy);
    double variance = count < ENOUGH ? UNKNOWN : squares / (count - 2);
    return new Line((sumY - slope * sumX) / count, slope, variance);
  }
}
