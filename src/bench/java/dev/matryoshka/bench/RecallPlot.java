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
package dev.matryoshka.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Draws recall over what it costs as SVG: a line for each way to search, cost on a logarithmic
 * scale. Readable on light and on dark ground.
 */
public final class RecallPlot {

  private static final int WIDTH = 720;
  private static final int HEIGHT = 420;
  private static final int LEFT = 60;
  private static final int RIGHT = 150;
  private static final int TOP = 40;
  private static final int BOTTOM = 50;
  private static final double[] STEPS = {1, 2, 5};
  private static final List<String> COLOURS =
      List.of("#d9480f", "#7048a8", "#1c7ed6", "#2b8a3e", "#a67c00", "#e64980");

  private record Point(double cost, double recall) {}

  private final Map<String, List<Point>> lines = new LinkedHashMap<>();
  private final StringBuilder svg = new StringBuilder();
  private final String unit;
  private double least = Double.MAX_VALUE;
  private double most;
  private double lowest = 1;

  /**
   * @param unit what the cost is counted in
   */
  public RecallPlot(String unit) {
    this.unit = unit;
  }

  /** Adds a point to a line; points of a line come in the order in which they are joined. */
  public void add(String line, double cost, double recall) {
    lines.computeIfAbsent(line, name -> new ArrayList<>()).add(new Point(cost, recall));
    least = Math.min(least, cost);
    most = Math.max(most, cost);
    lowest = Math.min(lowest, recall);
  }

  /** The picture. At least one point has been added. */
  public String draw(String title) {
    least /= 1.2;
    most *= 1.2;
    lowest = Math.floor(lowest * 20 - 0.2) / 20;
    svg.setLength(0);
    put(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" \
        font-size="12">
        <style>
        text { fill: #333 } .grid { stroke: #8884 } .axis { stroke: #888 }
        @media (prefers-color-scheme: dark) { text { fill: #ccc } }
        </style>
        """,
        WIDTH, HEIGHT);
    text(LEFT, 22, "start", title);
    grid();
    int i = 0;
    for (Map.Entry<String, List<Point>> line : lines.entrySet()) {
      line(line.getKey(), line.getValue(), COLOURS.get(i % COLOURS.size()), i);
      i++;
    }
    put("</svg>%n");
    return svg.toString();
  }

  private void grid() {
    double bottom = y(lowest);
    for (double recall = lowest; recall < 1.001; recall += 0.05) {
      stroke("grid", LEFT, y(recall), WIDTH - RIGHT, y(recall));
      text(LEFT - 8, y(recall) + 4, "end", String.format(Locale.ROOT, "%.2f", recall));
    }
    for (double decade = 0.01; decade < most; decade *= 10) {
      for (double step : STEPS) {
        double cost = decade * step;
        if (cost >= least && cost <= most) {
          stroke("grid", x(cost), y(1), x(cost), bottom);
          text(x(cost), bottom + 18, "middle", String.format(Locale.ROOT, "%.4g", cost));
        }
      }
    }
    stroke("axis", LEFT, bottom, WIDTH - RIGHT, bottom);
    text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10, "middle", unit);
  }

  private void line(String label, List<Point> points, String colour, int position) {
    StringBuilder joined = new StringBuilder();
    for (Point point : points) {
      joined.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point.cost), y(point.recall)));
      put(
          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>%n",
          x(point.cost), y(point.recall), colour);
    }
    put(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n",
        joined.toString().strip(), colour);
    double at = TOP + 20 * position;
    put(
        "<circle cx=\"%d\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>%n",
        WIDTH - RIGHT + 20, at - 4, colour);
    text(WIDTH - RIGHT + 32, at, "start", label);
  }

  private double x(double cost) {
    double share = Math.log(cost / least) / Math.log(most / least);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private double y(double recall) {
    return TOP + (1 - recall) / (1 - lowest) * (HEIGHT - TOP - BOTTOM);
  }

  private void stroke(String style, double x1, double y1, double x2, double y2) {
    put(
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
        style, x1, y1, x2, y2);
  }

  private void text(double x, double y, String anchor, String text) {
    put("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, text);
  }

  private void put(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
