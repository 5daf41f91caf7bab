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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The parts of a document that programs write, between comments that name them. */
public final class GeneratedPart {

  /** The document that most benchmarks write into, from the root of the checkout. */
  public static final Path PERFORMANCE = document("performance.md");

  /** What is said of recall. */
  public static final Path RECALL = document("recall.md");

  private GeneratedPart() {}

  private static Path document(String name) {
    return Path.of(System.getProperty("matryoshka.root", "."), "docs", name);
  }

  /**
   * Replaces a part, or adds it at the end of the document.
   *
   * @param name of the part
   * @param text lines of Markdown
   */
  public static void replace(Path document, String name, String text) throws IOException {
    String before = Files.exists(document) ? Files.readString(document) : "";
    String begin = "<!-- begin " + name + " -->";
    String end = "<!-- end " + name + " -->";
    String part = begin + "\n\n" + text.strip() + "\n\n" + end;
    int from = before.indexOf(begin);
    int to = before.indexOf(end);
    if (from >= 0 && to > from) {
      part = before.substring(0, from) + part + before.substring(to + end.length());
    } else {
      part = before + (before.isEmpty() || before.endsWith("\n\n") ? "" : "\n") + part + "\n";
    }
    Files.writeString(document, part);
  }
}
