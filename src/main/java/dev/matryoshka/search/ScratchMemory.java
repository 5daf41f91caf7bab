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
 * Who accounts for the heap that a search takes while it runs. Implementations keep no account of
 * their own, so that a query may hold one. Thread-safe.
 */
@FunctionalInterface
public interface ScratchMemory {

  /** For searches that nobody accounts for. */
  ScratchMemory UNACCOUNTED = bytes -> () -> {};

  /** Memory that was taken; closing it gives it back, once. */
  interface Taken extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes memory.
   *
   * @param bytes at least 0
   * @throws RuntimeException when there is not that much; then nothing was taken
   */
  Taken take(long bytes);
}
