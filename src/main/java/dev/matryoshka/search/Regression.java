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
 */
final class Regression {

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

    /** This line after another one, whose y is this one's x, and whose errors add to this one's. */
    Line after(Line first) {
      return new Line(
          at(first.intercept), slope * first.slope, slope * slope * first.variance + variance);
    }
  }

  void add(double x, double y) {
    count++;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
    sumYY += y * y;
  }

  /** The line through the points so far, of which there is at least one. */
  Line line() {
    double xx = sumXX - sumX * sumX / count;
    double xy = sumXY - sumX * sumY / count;
    double yy = sumYY - sumY * sumY / count;
    double slope = xx > 0 ? Math.max(0, xy / xx) : 0;
    double squares = Math.max(0, yy - slope * xy);
    return new Line((sumY - slope * sumX) / count, slope, squares / Math.max(1, count - 2));
  }
}
