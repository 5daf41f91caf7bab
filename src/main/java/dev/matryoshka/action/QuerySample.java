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
package dev.matryoshka.action;

import dev.matryoshka.monitor.KeptQueries;
import java.util.List;
import java.util.TreeMap;
import org.elasticsearch.search.vectors.VectorData;

/**
 * The queries that an audit draws: those with the least keys of all shards. Any shard may hold all
 * of them, but hardly ever does; so each is asked for a few at first, and for more only while what
 * it has not shown could still be among the least. Not thread-safe.
 */
final class QuerySample {

  /** Vectors that every shard is asked for at first. */
  private static final int FIRST = 100;

  private static final int GROWTH = 4;

  private final RecallRequest request;
  private final int size;
  private int asked;

  /** By key, which every shard of a node, and every node, gives to the same query. */
  private final TreeMap<Long, AuditQuery> least = new TreeMap<>();

  QuerySample(RecallRequest request) {
    this.request = request;
    this.size = request.sample().size();
    this.asked = Math.min(size, FIRST);
  }

  /** How many vectors to ask each shard for. */
  int asked() {
    return asked;
  }

  /**
   * Takes what all shards have drawn.
   *
   * @return whether this is the sample; if not, all shards are to be asked again
   * @throws IllegalArgumentException where there is nothing to draw from, or not enough
   */
  boolean add(List<OneShardResponse<SampleAnswer>> drawn) {
    boolean documents = request.sample().source() == SampleSpec.Source.DOCUMENTS;
    least.clear();
    long total = 0;
    boolean mapped = false;
    for (OneShardResponse<SampleAnswer> shard : drawn) {
      mapped |= shard.answer().mapped();
      total += shard.answer().total();
      for (SampleAnswer.Drawn each : shard.answer().drawn()) {
        VectorData vector = VectorData.fromFloats(each.vector());
        AuditQuery query =
            new AuditQuery(each.id(), vector, List.of(), documents ? shard.getShardId() : null);
        least.put(each.key(), query);
        if (least.size() > size) {
          least.pollLastEntry();
        }
      }
    }
    if (mapped == false) {
      throw new IllegalArgumentException(
          "no field [" + request.field() + "] in " + List.of(request.indices()));
    }
    if (documents && total < size) {
      throw tooMany("only [" + total + "] documents have a vector in field [", "]");
    }
    if (asked < size && drawn.stream().anyMatch(this::mayHaveMore)) {
      asked = (int) Math.min(size, (long) asked * GROWTH);
      return false;
    }
    if (least.size() < size) {
      throw tooMany(
          "only [" + least.size() + "] different query vectors of searches of field [",
          "] are kept; how many are is up to [" + KeptQueries.SIZE.getKey() + "]");
    }
    return true;
  }

  /** Whether a shard has not shown all of its vectors, and the next could be among the least. */
  private boolean mayHaveMore(OneShardResponse<SampleAnswer> shard) {
    List<SampleAnswer.Drawn> drawn = shard.answer().drawn();
    return drawn.size() == asked
        && (least.size() < size || drawn.getLast().key() < least.lastKey());
  }

  private IllegalArgumentException tooMany(String before, String after) {
    return new IllegalArgumentException(
        "[size] of [sample] is [" + size + "] but " + before + request.field() + after);
  }

  /** The sample, by key. */
  List<AuditQuery> queries() {
    return List.copyOf(least.values());
  }
}
