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
package dev.matryoshka.bench.peers;

import dev.matryoshka.bench.MarkdownTable;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What indexing cost, and what it left behind. */
final class BuildReport {

  private record Row(Peer peer, double load, double merge, PeerIndex.Size size, long firstStage) {}

  private final int documents;
  private final List<Row> rows = new ArrayList<>();

  BuildReport(int documents) {
    this.documents = documents;
  }

  /**
   * Adds an index.
   *
   * @param load seconds of bulks and the refresh after them
   * @param merge seconds of merging to one segment
   * @param firstStage bytes that have to be in memory
   */
  void add(Peer peer, double load, double merge, PeerIndex.Size size, long firstStage) {
    rows.add(new Row(peer, load, merge, size, firstStage));
  }

  void print(PrintStream out) {
    MarkdownTable table =
        new MarkdownTable(
            List.of(
                "field",
                "ingest",
                "merge to 1",
                "together",
                "disk",
                "first stage in memory",
                "bytes a document"));
    for (Row row : rows) {
      table.add(
          List.of(row.peer.label()),
          List.of(
              seconds(row.load),
              seconds(row.merge),
              seconds(row.load + row.merge),
              megabytes(row.size.disk()),
              megabytes(row.firstStage),
              String.format(Locale.ROOT, "%.1f", (double) row.firstStage / documents)));
    }
    table.print("Indexing", out);
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.1f s", seconds);
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, bytes < 1e8 ? "%,.1f MB" : "%,.0f MB", bytes / 1e6);
  }
}
