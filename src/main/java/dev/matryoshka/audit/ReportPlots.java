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
package dev.matryoshka.audit;

import dev.matryoshka.audit.AuditReport.AtK;
import dev.matryoshka.audit.AuditReport.CurvePoint;
import java.util.List;
import java.util.Locale;

/** The plots of a report, as SVG of one width. Stateless. */
final class ReportPlots {

  private static final int WIDTH = 480;
  private static final int HEIGHT = 230;
  private static final int LEFT = 44;
  private static final int RIGHT = 24;
  private static final int TOP = 12;
  private static final int BOTTOM = 34;
  private static final int BAR = 46;

  private ReportPlots() {}

  /** Recall over the number kept, on a logarithmic axis. */
  static String curve(AtK result) {
    List<CurvePoint> points = result.curve();
    if (points.isEmpty()) {
      return none("There is nothing to tell of the first stage.");
    }
    if (points.size() < 2) {
      return none("The first stage loses nothing even if it keeps no more than are wanted.");
    }
    double least = points.stream().mapToDouble(CurvePoint::recall).min().orElse(0);
    double floor = Math.max(0, Math.floor(least * 10) / 10 - (least < 1 ? 0 : 0.1));
    double from = Math.log(points.getFirst().k1());
    double to = Math.log(points.getLast().k1());
    StringBuilder svg = open(HEIGHT);
    for (int i = 0; i <= 4; i++) {
      double recall = floor + (1 - floor) * i / 4;
      line(svg, LEFT, y(recall, floor), WIDTH - RIGHT, y(recall, floor));
      text(svg, LEFT - 6, y(recall, floor) + 4, "end", "", decimals(recall));
    }
    StringBuilder path = new StringBuilder();
    for (CurvePoint point : points) {
      double x = x(point, from, to);
      path.append(path.isEmpty() ? "M" : "L").append(at(x, y(point.recall(), floor)));
    }
    svg.append("<path d=\"").append(path);
    svg.append("L").append(at(WIDTH - RIGHT, y(floor, floor)));
    svg.append("L").append(at(LEFT, y(floor, floor)));
    svg.append("Z\" fill=\"var(--area)\"/>");
    svg.append("<path d=\"").append(path);
    svg.append("\" fill=\"none\" stroke=\"var(--good)\" stroke-width=\"2.5\"/>");
    int every = Math.max(1, (points.size() + 5) / 6);
    for (int i = 0; i < points.size(); i++) {
      CurvePoint point = points.get(i);
      double x = x(point, from, to);
      svg.append("<circle cx=\"").append(one(x)).append("\" cy=\"");
      svg.append(one(y(point.recall(), floor))).append("\" r=\"3.5\" fill=\"var(--good)\">");
      svg.append("<title>k1 ").append(point.k1()).append(": ");
      svg.append(ReportPage.share(point.recall())).append("</title></circle>");
      if (i % every == 0) {
        text(svg, x, HEIGHT - BOTTOM + 16, "middle", "", rounded(point.k1()));
      }
    }
    text(svg, WIDTH - RIGHT, HEIGHT - 4, "end", "", "k1, documents kept in each shard");
    return svg.append("</svg>").toString();
  }

  private static double x(CurvePoint point, double from, double to) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (Math.log(point.k1()) - from) / (to - from);
  }

  private static double y(double recall, double floor) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (recall - floor) / (1 - floor));
  }

  /** A bar for each stage, as wide as what it looks at, on a logarithmic scale. */
  static String funnel(AtK result) {
    if (result.stages().isEmpty()) {
      return none("Nothing was searched.");
    }
    int height = result.stages().size() * BAR + 8;
    double most =
        result.stages().stream().mapToDouble(stage -> Math.log1p(stage.compared())).max().orElse(1);
    StringBuilder svg = open(height);
    for (int i = 0; i < result.stages().size(); i++) {
      AuditReport.StageReport stage = result.stages().get(i);
      double wide = (WIDTH - 8) * Math.log1p(stage.compared()) / most;
      double narrow = (WIDTH - 8) * Math.log1p(stage.kept()) / most;
      double y = i * BAR + 24;
      bar(svg, 4, y, wide, 12, "var(--line)");
      bar(svg, 4, y, narrow, 12, "var(--good)");
      String losses =
          stage.lost() == 0 ? "loses nothing" : "loses " + ReportPage.percent(stage.lostShare());
      text(
          svg,
          4,
          y - 6,
          "start",
          "strong",
          String.format(
              Locale.ROOT,
              "%s: %s → %s, %.2f ms",
              ReportPage.escape(stage.label()),
              rounded(Math.round(stage.compared())),
              rounded(Math.round(stage.kept())),
              stage.micros() / 1000));
      svg.append("<text x=\"").append(WIDTH - 4).append("\" y=\"").append(one(y - 6));
      svg.append("\" text-anchor=\"end\" style=\"fill:var(");
      svg.append(stage.lost() == 0 ? "--soft" : "--bad").append(")\">").append(losses);
      svg.append("</text>");
    }
    return svg.append("</svg>").toString();
  }

  /** Recall of queries whose first stage orders documents alike well. */
  static String bins(AtK result) {
    if (result.bins().isEmpty()) {
      return none("Too few documents for a ranking.");
    }
    int count = result.bins().size();
    double step = (double) (WIDTH - LEFT - RIGHT) / Math.max(count, 4);
    double first = LEFT + (WIDTH - LEFT - RIGHT - count * step) / 2;
    StringBuilder svg = open(HEIGHT);
    for (int i = 0; i <= 4; i++) {
      line(svg, LEFT, y(i / 4.0, 0), WIDTH - RIGHT, y(i / 4.0, 0));
      text(svg, LEFT - 6, y(i / 4.0, 0) + 4, "end", "", decimals(i / 4.0));
    }
    for (int i = 0; i < count; i++) {
      AuditReport.Bin bin = result.bins().get(i);
      double x = first + i * step + step * 0.15;
      double y = y(bin.recall(), 0);
      bar(svg, x, y, step * 0.7, HEIGHT - BOTTOM - y, "var(--good)");
      text(svg, x + step * 0.35, HEIGHT - BOTTOM + 14, "middle", "", range(bin));
      text(svg, x + step * 0.35, HEIGHT - BOTTOM + 28, "middle", "", bin.queries() + " q.");
      svg.append("<text x=\"").append(one(x + step * 0.35)).append("\" y=\"").append(one(y + 15));
      svg.append("\" text-anchor=\"middle\" style=\"fill:var(--paper)\">");
      svg.append(ReportPage.share(bin.recall())).append("</text>");
    }
    return svg.append("</svg>").toString();
  }

  private static String range(AuditReport.Bin bin) {
    return String.format(Locale.ROOT, "%.1f–%.1f", bin.from(), bin.to());
  }

  private static String none(String why) {
    return "<p class=\"soft\">" + why + "</p>";
  }

  private static StringBuilder open(int height) {
    return new StringBuilder("<svg viewBox=\"0 0 ")
        .append(WIDTH)
        .append(' ')
        .append(height)
        .append("\" role=\"img\">");
  }

  private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
    svg.append("<path d=\"M").append(at(x1, y1)).append("L").append(at(x2, y2));
    svg.append("\" stroke=\"var(--line)\"/>");
  }

  private static void bar(
      StringBuilder svg, double x, double y, double width, double height, String fill) {
    svg.append("<rect x=\"").append(one(x)).append("\" y=\"").append(one(y));
    svg.append("\" width=\"").append(one(width)).append("\" height=\"").append(one(height));
    svg.append("\" rx=\"3\" fill=\"").append(fill).append("\"/>");
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String kind, String text) {
    svg.append("<text x=\"").append(one(x)).append("\" y=\"").append(one(y));
    svg.append("\" text-anchor=\"").append(anchor);
    svg.append(kind.isEmpty() ? "\">" : "\" class=\"" + kind + "\">");
    svg.append(text).append("</text>");
  }

  private static String at(double x, double y) {
    return one(x) + "," + one(y);
  }

  private static String one(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String decimals(double value) {
    return String.format(Locale.ROOT, "%.3f", value).replaceAll("0{1,2}$", "");
  }

  private static String rounded(long number) {
    if (number >= 1_000_000) {
      return String.format(Locale.ROOT, "%.3gM", number / 1e6);
    }
    return number >= 10_000
        ? String.format(Locale.ROOT, "%.0fk", number / 1e3)
        : Long.toString(number);
  }
}
