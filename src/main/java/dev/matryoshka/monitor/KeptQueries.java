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

import dev.matryoshka.audit.VectorSampler;
import dev.matryoshka.search.MatryoshkaQuery;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.lucene.util.StringHelper;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.common.breaker.CircuitBreakingException;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.index.Index;
import org.elasticsearch.index.IndexService;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.shard.IndexEventListener;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.index.shard.IndexShardState;
import org.elasticsearch.indices.cluster.IndexRemovalReason;

/**
 * The vectors of an index's latest searches on this node, for audits to take as queries: documents
 * are other questions than those that people ask. Off unless an index asks for it, since a vector
 * may tell what somebody was looking for. They stay in the memory of the node until the index
 * leaves it, and what audits tell about them are numbers. Thread-safe.
 */
public final class KeptQueries implements IndexEventListener {

  /** Most vectors to keep of an index on each node, 0 to 1000; dynamic, for each index. */
  public static final Setting<Integer> SIZE =
      Setting.intSetting(
          "index.matryoshka.recall_sampling.keep_queries",
          0,
          0,
          1000,
          Setting.Property.Dynamic,
          Setting.Property.IndexScope);

  private static final String LABEL = "matryoshka_kept_queries";

  /** What an entry takes besides its vector, roughly. */
  private static final int ENTRY_BYTES = 160;

  /** The same vector, searched again or on another shard or node, is the same query. */
  private record Key(String field, long hash) {}

  /**
   * A query.
   *
   * @param key the least keys of all nodes make the sample
   * @param id a hash, the same wherever the vector is the same: it does not give the vector away,
   *     but who has the vector can recognise it
   */
  public record Kept(long key, String id, float[] vector) {}

  private final Map<Index, LinkedHashMap<Key, float[]>> indices = new HashMap<>();

  /** Sizes that were set since: a search that ends meanwhile still sees the old one. */
  private final Map<Index, Integer> limits = new HashMap<>();

  private CircuitBreaker breaker;

  /** From now on, searches are kept. */
  public synchronized void accountTo(CircuitBreaker circuitBreaker) {
    breaker = circuitBreaker;
  }

  void searched(IndexShard shard, MatryoshkaQuery query) {
    int size = shard.indexSettings().getValue(SIZE);
    // Nested vectors cannot be audited.
    if (size > 0 && query.findsParents() == false) {
      Key key = new Key(query.field(), hash(query.target()));
      keep(shard, key, query.target(), size);
    }
  }

  private synchronized void keep(IndexShard shard, Key key, float[] vector, int size) {
    // A shard that is being closed must not bring its index back.
    if (breaker == null || shard.state() == IndexShardState.CLOSED) {
      return;
    }
    Index index = shard.shardId().getIndex();
    int most = Math.min(size, limits.getOrDefault(index, size));
    if (most == 0) {
      return;
    }
    LinkedHashMap<Key, float[]> kept =
        indices.computeIfAbsent(index, any -> new LinkedHashMap<>(16, 0.75f, true));
    if (kept.get(key) != null) {
      return;
    }
    trim(kept, most - 1);
    try {
      breaker.addEstimateBytesAndMaybeBreak(bytes(vector), LABEL);
    } catch (CircuitBreakingException e) {
      // Searches matter more.
      return;
    }
    kept.put(key, vector);
  }

  /** Forgets all but the latest. */
  public synchronized void resize(Index index, int size) {
    limits.put(index, size);
    LinkedHashMap<Key, float[]> kept = indices.get(index);
    if (kept != null) {
      trim(kept, size);
    }
  }

  /** Not where modules are made: masters make some only to try changes that may be rejected. */
  @Override
  public void afterIndexCreated(IndexService service) {
    service
        .getIndexSettings()
        .getScopedSettings()
        .addSettingsUpdateConsumer(SIZE, size -> resize(service.index(), size));
  }

  @Override
  public synchronized void afterIndexRemoved(
      Index index, IndexSettings settings, IndexRemovalReason reason) {
    resize(index, 0);
    indices.remove(index);
    limits.remove(index);
  }

  private void trim(LinkedHashMap<Key, float[]> kept, int size) {
    Iterator<float[]> eldest = kept.values().iterator();
    for (int excess = kept.size() - size; excess > 0; excess--) {
      breaker.addWithoutBreaking(-bytes(eldest.next()));
      eldest.remove();
    }
  }

  /**
   * Draws from what is kept.
   *
   * @param size most queries to draw
   * @param seed the same one draws the same of the same queries
   * @return in ascending order of keys
   */
  public synchronized List<Kept> draw(Index index, String field, int size, long seed) {
    List<Kept> drawn = new ArrayList<>();
    indices
        .getOrDefault(index, new LinkedHashMap<>())
        .forEach(
            (key, vector) -> {
              if (key.field.equals(field)) {
                String id = String.format(Locale.ROOT, "%016x", key.hash);
                drawn.add(new Kept(VectorSampler.key(seed ^ key.hash), id, vector));
              }
            });
    drawn.sort(Comparator.comparingLong(Kept::key));
    return List.copyOf(drawn.subList(0, Math.min(size, drawn.size())));
  }

  private static long bytes(float[] vector) {
    return ENTRY_BYTES + (long) vector.length * Float.BYTES;
  }

  private static long hash(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
    bytes.asFloatBuffer().put(vector);
    return StringHelper.murmurhash3_x64_128(bytes.array(), 0, bytes.capacity(), 0)[0];
  }
}
