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

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The rotations that indices of this node last wrote with, so that a flush can encode its vectors
 * at once instead of leaving that, and training, to a merge: a flush sees no other segment whose
 * rotation it could inherit. Losing one costs no more than that, so the least recently used go when
 * there are too many. Thread-safe.
 */
public final class RecentRotations {

  /** Heap of all that are remembered, at least: some forty rotations of 768 dims and 256 bits. */
  private static final long LEAST_BUDGET = 64L << 20;

  /** One byte of the heap in so many is theirs where that is more. */
  private static final long HEAP_PER_BYTE = 32;

  private final Map<Key, KnownRotation> rotations = new LinkedHashMap<>(16, 0.75f, true);
  private final long budget;
  private long bytes;

  /**
   * Whose rotations: those of one index on one shard. Knows nothing of it, so that no shard that
   * was closed stays in memory because its rotations are remembered.
   */
  static final class Owner {}

  private record Key(Owner owner, String field) {}

  public RecentRotations() {
    this(Math.max(LEAST_BUDGET, Runtime.getRuntime().maxMemory() / HEAP_PER_BYTE));
  }

  RecentRotations(long budget) {
    this.budget = budget;
  }

  /** The rotation last used, or null. */
  synchronized KnownRotation get(Owner owner, String field) {
    return rotations.get(new Key(owner, field));
  }

  synchronized void put(Owner owner, String field, KnownRotation rotation) {
    KnownRotation before = rotations.put(new Key(owner, field), rotation);
    bytes += rotation.bytes() - (before == null ? 0 : before.bytes());
    Iterator<KnownRotation> oldest = rotations.values().iterator();
    while (bytes > budget && rotations.size() > 1) {
      bytes -= oldest.next().bytes();
      oldest.remove();
    }
  }
}
