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

import dev.matryoshka.query.QueryStages;
import dev.matryoshka.search.RecallTarget;
import dev.matryoshka.search.Stage;
import java.util.ArrayList;
import java.util.List;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.TermQueryBuilder;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.search.SearchModule;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.test.AbstractWireSerializingTestCase;

/** What shards are asked to compare. */
public class CompareSpecTests extends AbstractWireSerializingTestCase<CompareSpec> {

  @Override
  protected NamedWriteableRegistry getNamedWriteableRegistry() {
    return new NamedWriteableRegistry(
        new SearchModule(Settings.EMPTY, List.of()).getNamedWriteables());
  }

  @Override
  protected Writeable.Reader<CompareSpec> instanceReader() {
    return CompareSpec::read;
  }

  @Override
  protected CompareSpec createTestInstance() {
    List<AuditQuery> queries = new ArrayList<>();
    for (int i = between(0, 4); i > 0; i--) {
      queries.add(query());
    }
    QueryStages stages =
        randomBoolean()
            ? null
            : new QueryStages(
                List.of(
                    Stage.hamming(64, between(1, 1000)), Stage.floats(between(2, 99), Stage.LAST)));
    List<QueryBuilder> filters =
        randomBoolean() ? List.of() : List.of(new TermQueryBuilder("f", between(0, 9)));
    return new CompareSpec(
        randomAlphaOfLength(5),
        randomList(1, 5, () -> between(1, 10_000)),
        stages,
        recall(),
        filters,
        queries);
  }

  private static RecallTarget recall() {
    return randomBoolean() ? null : new RecallTarget(randomDoubleBetween(0.5, 0.9999, true));
  }

  private static AuditQuery query() {
    float[] vector = new float[between(1, 20)];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = randomFloat();
    }
    String index = randomBoolean() ? null : randomAlphaOfLength(3);
    return new AuditQuery(
        randomAlphaOfLength(4),
        VectorData.fromFloats(vector),
        randomList(0, 3, () -> new Rating(index, randomAlphaOfLength(12), between(0, 30))),
        randomBoolean() ? null : new ShardId("i", randomAlphaOfLength(8), between(0, 9)));
  }

  @Override
  protected CompareSpec mutateInstance(CompareSpec spec) {
    return switch (between(0, 3)) {
      case 0 ->
          new CompareSpec(
              spec.field() + "x",
              spec.ks(),
              spec.stages(),
              spec.recall(),
              spec.filters(),
              spec.queries());
      case 1 -> {
        List<Integer> ks = new ArrayList<>(spec.ks());
        ks.add(1);
        yield new CompareSpec(
            spec.field(), ks, spec.stages(), spec.recall(), spec.filters(), spec.queries());
      }
      case 2 -> {
        RecallTarget other =
            new RecallTarget(spec.recall() == null ? 0.9 : 0.5 + spec.recall().share() / 4);
        yield new CompareSpec(
            spec.field(), spec.ks(), spec.stages(), other, spec.filters(), spec.queries());
      }
      default -> {
        List<AuditQuery> queries = new ArrayList<>(spec.queries());
        queries.add(query());
        yield new CompareSpec(
            spec.field(), spec.ks(), spec.stages(), spec.recall(), spec.filters(), queries);
      }
    };
  }
}
