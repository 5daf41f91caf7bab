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

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Collects rows and prints them as a table. */
public final class MarkdownTable {

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  public MarkdownTable(List<String> header) {
    this.header = header;
  }

  /** A share or a similar number, NaN for one that does not exist. */
  public static String figure(double value) {
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.3f", value);
  }

  static List<String> figures(double[] values) {
    List<String> figures = new ArrayList<>();
    for (double value : values) {
      figures.add(figure(value));
    }
    return figures;
  }

  public void add(List<String> labels, List<String> figures) {
    List<String> row = new ArrayList<>(labels);
    row.addAll(figures);
    rows.add(row);
  }

  public void print(String title, PrintStream out) {
    out.println("\n**" + title + "**\n");
    printRow(header, out);
    printRow(Collections.nCopies(header.size(), "---"), out);
    rows.forEach(row -> printRow(row, out));
  }

  private static void printRow(List<String> cells, PrintStream out) {
    out.println("| " + String.join(" | ", cells) + " |");
  }
}
