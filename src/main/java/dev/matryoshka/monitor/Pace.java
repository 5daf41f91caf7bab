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
package dev.matryoshka.monitor;

import java.util.concurrent.locks.LockSupport;

/**
 * Cuts long work into pieces with pauses between them, so that a search that runs meanwhile waits
 * for a piece at most, rather than sharing its processor from its beginning to its end. For one
 * thread.
 */
final class Pace {

  /** Least work of a piece: well below what a search takes, well above what a pause costs. */
  static final long PIECE_NANOS = 500_000;

  /**
   * Pauses are so many times as long as their pieces: most of the time is free, and a comparison
   * still lets go of its memory and its view of the shard soon.
   */
  static final int PAUSES = 9;

  private long pieceStart = System.nanoTime();
  private long workedNanos;

  /** Pauses if it is time to; to be called often. */
  void step() {
    long took = System.nanoTime() - pieceStart;
    if (took >= PIECE_NANOS) {
      workedNanos += took;
      LockSupport.parkNanos(took * PAUSES);
      pieceStart = System.nanoTime();
    }
  }

  /** Time spent so far without the pauses. */
  long workedNanos() {
    return workedNanos + System.nanoTime() - pieceStart;
  }
}
