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

/** The least-squares line through points, and how far they are from it. Not thread-safe. */
final class FittedLine {

  private int points;
  private double sumX;
  private double sumY;
  private double sumXX;
  private double sumXY;
  private double sumYY;
  private double slope;
  private double intercept;
  private double deviation;

  void add(double x, double y) {
    points++;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
    sumYY += y * y;
  }

  /** Computes the line through the points so far. */
  void fit() {
    double xx = sumXX - sumX * sumX / points;
    double xy = sumXY - sumX * sumY / points;
    double yy = sumYY - sumY * sumY / points;
    slope = xx > 0 ? xy / xx : 0;
    intercept = (sumY - slope * sumX) / points;
    double square = Math.max(0, yy - slope * xy) / Math.max(1, points - 2);
    deviation = Math.max(Math.sqrt(square), Float.MIN_NORMAL);
  }

  /** How many standard deviations above the line a point is. */
  double deviations(double x, double y) {
    return (y - intercept - slope * x) / deviation;
  }

  /** The least x at which y is no more than so many standard deviations above the line. */
  double whereAbove(double y, double deviations) {
    double least = y - intercept - deviations * deviation;
    return slope > 0
        ? least / slope
        : least > 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
  }
}
