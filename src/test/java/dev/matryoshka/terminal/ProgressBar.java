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
package dev.matryoshka.terminal;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * Progress of work that has a known number of steps, with the time that is left. On a terminal one
 * line that redraws itself, elsewhere a line every tenth. Thread-safe.
 */
public final class ProgressBar implements AutoCloseable {
  private static final int WIDTH = 24;
  private static final long REDRAW_NANOS = Duration.ofMillis(200).toNanos();
  private static final long ESTIMATE_AFTER_NANOS = Duration.ofSeconds(2).toNanos();

  private final PrintStream out;
  private final boolean terminal;
  private final String label;
  private final int total;
  private final int alreadyDone;
  private final long start = System.nanoTime();
  private int done;
  private long drawn;
  private int tenths;

  /**
   * @param total steps in all
   * @param done steps that were done before, which say nothing about the speed of this run
   */
  public ProgressBar(PrintStream out, String label, int total, int done) {
    this.out = out;
    this.terminal = System.console() != null && System.console().isTerminal();
    this.label = label;
    this.total = total;
    this.alreadyDone = done;
    this.done = done;
  }

  public synchronized void advance(int steps) {
    done += steps;
    long now = System.nanoTime();
    if (terminal ? now - drawn >= REDRAW_NANOS : tenths < done * 10L / total) {
      drawn = now;
      tenths = (int) (done * 10L / total);
      draw();
    }
  }

  @Override
  public synchronized void close() {
    if (terminal) {
      draw();
      out.println();
    }
  }

  private void draw() {
    int filled = (int) ((long) WIDTH * done / total);
    String line =
        String.format(
            Locale.ROOT,
            "%-10s [%s%s] %3d %%  %,d of %,d%s",
            label,
            "#".repeat(filled),
            "-".repeat(WIDTH - filled),
            100L * done / total,
            done,
            total,
            timing());
    if (terminal) {
      out.print("\r" + line + "\033[K");
      out.flush();
    } else {
      out.println(line);
    }
  }

  private String timing() {
    long elapsed = System.nanoTime() - start;
    int steps = done - alreadyDone;
    if (done == total) {
      return String.format(Locale.ROOT, "  in %.1f s", elapsed / 1e9);
    }
    if (steps == 0 || elapsed < ESTIMATE_AFTER_NANOS) {
      return "";
    }
    double perSecond = steps / (elapsed / 1e9);
    return String.format(
        Locale.ROOT, "  %,.0f/s, %,.0f s left", perSecond, (total - done) / perSecond);
  }
}
