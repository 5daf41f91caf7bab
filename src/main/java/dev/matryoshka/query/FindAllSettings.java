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
package dev.matryoshka.query;

import dev.matryoshka.search.FindAllQuery;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.search.SearchService;

/** What operators allow searches for everything above a similarity to cost. */
public final class FindAllSettings {

  /**
   * Most vectors of a shard that one such search may compare at full precision: -1 for any number,
   * 0 to forbid these searches. A search that needs more fails; it never returns less.
   */
  public static final Setting<Long> MAX_SCORED =
      Setting.longSetting(
          FindAllQuery.MAX_SCORED, -1, -1, Setting.Property.IndexScope, Setting.Property.Dynamic);

  private FindAllSettings() {}

  /**
   * The limit for searches of an index.
   *
   * @throws IllegalArgumentException when they are forbidden
   */
  static long maxScored(String field, SearchExecutionContext context) {
    if (context.allowExpensiveQueries() == false) {
      throw new IllegalArgumentException(
          "["
              + MatryoshkaQueryBuilder.NAME
              + "] queries for everything above a [similarity] cannot be executed when ["
              + SearchService.ALLOW_EXPENSIVE_QUERIES.getKey()
              + "] is set to [false], but there is one for field ["
              + field
              + "]");
    }
    long limit = context.getIndexSettings().getValue(MAX_SCORED);
    if (limit == 0) {
      throw new IllegalArgumentException(
          "["
              + MatryoshkaQueryBuilder.NAME
              + "] queries for everything above a [similarity] are forbidden by ["
              + MAX_SCORED.getKey()
              + "], which is [0], but there is one for field ["
              + field
              + "]");
    }
    return limit < 0 ? Long.MAX_VALUE : limit;
  }
}
