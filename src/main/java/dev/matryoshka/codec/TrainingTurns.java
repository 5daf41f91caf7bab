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
package dev.matryoshka.codec;

import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.lucene.util.ThreadInterruptedException;

/**
 * Lets only so many trainings run at a time in this JVM, since each takes up to a third of a
 * gigabyte of heap: a sample of 32 MB, a copy of it, and matrices of up to 4096 × 4096 floats. Who
 * waits can be interrupted. Thread-safe; first come, first served.
 */
final class TrainingTurns {

  private static final long HEAP_OF_A_TURN = 1L << 30;
  private static final int MOST_TURNS = 8;
  private static final int POLL_MILLIS = 50;

  /** Those of this JVM: one for each gigabyte of heap. */
  static final TrainingTurns SHARED =
      new TrainingTurns(
          Math.clamp(Runtime.getRuntime().maxMemory() / HEAP_OF_A_TURN, 1, MOST_TURNS));

  private final Semaphore turns;

  TrainingTurns(int most) {
    turns = new Semaphore(most, true);
  }

  /** What is done in turn. */
  interface Training<T> {
    T run() throws IOException;
  }

  /**
   * Waits for a turn and runs.
   *
   * @param interrupt run again and again while waiting; throws to give up
   */
  <T> T run(Training<T> training, Runnable interrupt) throws IOException {
    try {
      while (turns.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS) == false) {
        interrupt.run();
      }
    } catch (InterruptedException e) {
      throw new ThreadInterruptedException(e);
    }
    return runAndRelease(training);
  }

  /** Runs if there is a turn now; otherwise returns null, for those for whom others wait. */
  <T> T runIfFree(Training<T> training) throws IOException {
    return turns.tryAcquire() ? runAndRelease(training) : null;
  }

  private <T> T runAndRelease(Training<T> training) throws IOException {
    try {
      return training.run();
    } finally {
      turns.release();
    }
  }
}
