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

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.join.BitSetProducer;
import org.apache.lucene.search.join.ToChildBlockJoinQuery;
import org.elasticsearch.common.lucene.search.Queries;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.mapper.NestedObjectMapper;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.index.query.support.NestedScope;

/**
 * Which documents a vector query may find: those that match its own filters and the filter of the
 * alias it came through. For vectors of nested documents also who their parents are, since each
 * parent is found once.
 *
 * @param filter accepted documents, or null for all
 * @param parents parents of nested vectors, or null for vectors that are not nested
 */
record VectorFilters(@Nullable Query filter, @Nullable BitSetProducer parents) {

  static VectorFilters of(String field, List<QueryBuilder> filters, SearchExecutionContext context)
      throws IOException {
    List<Query> queries = new ArrayList<>();
    for (QueryBuilder filter : filters) {
      queries.add(filter.toQuery(context));
    }
    Query aliasFilter = context.getAliasFilter() == null ? null : aliasFilter(context);
    String nestedPath = context.nestedLookup().getNestedParent(field);
    if (nestedPath == null) {
      if (aliasFilter != null) {
        queries.add(aliasFilter);
      }
      return new VectorFilters(conjunction(queries), null);
    }
    Query parentQuery = parentQuery(context);
    BitSetProducer parents = context.bitsetFilter(parentQuery);
    queries.replaceAll(new NestedFilters(nestedPath, parentQuery, context)::ofChildren);
    if (aliasFilter != null) {
      Query roots = Queries.newNonNestedFilter(context.indexVersionCreated());
      queries.add(
          new ToChildBlockJoinQuery(
              Queries.filtered(aliasFilter, roots), context.bitsetFilter(roots)));
    }
    return new VectorFilters(conjunction(queries), parents);
  }

  /**
   * Matches whole documents, as it does for queries of other kinds, wherever this one stands. Made
   * without a filter of the alias: vector queries in it would ask for it in turn, without end.
   */
  private static Query aliasFilter(SearchExecutionContext context) throws IOException {
    QueryBuilder filter = context.getAliasFilter();
    context.setAliasFilter(null);
    NestedScope scope = context.nestedScope();
    Deque<NestedObjectMapper> levels = new ArrayDeque<>();
    while (scope.getObjectMapper() != null) {
      levels.push(scope.getObjectMapper());
      scope.previousLevel();
    }
    try {
      return filter.toQuery(context);
    } finally {
      levels.forEach(scope::nextLevel);
      context.setAliasFilter(filter);
    }
  }

  /** Matches the documents one level above those that the query is about to find. */
  private static Query parentQuery(SearchExecutionContext context) {
    NestedScope scope = context.nestedScope();
    NestedObjectMapper current = scope.getObjectMapper();
    if (current == null) {
      return Queries.newNonNestedFilter(context.indexVersionCreated());
    }
    scope.previousLevel();
    try {
      NestedObjectMapper parent = scope.getObjectMapper();
      return parent == null
          ? Queries.newNonNestedFilter(context.indexVersionCreated())
          : parent.nestedTypeFilter();
    } finally {
      scope.nextLevel(current);
    }
  }

  @Nullable
  private static Query conjunction(List<Query> queries) {
    BooleanQuery.Builder all = new BooleanQuery.Builder();
    for (Query query : queries) {
      if (query instanceof MatchAllDocsQuery == false) {
        all.add(query, BooleanClause.Occur.FILTER);
      }
    }
    BooleanQuery conjunction = all.build();
    return conjunction.clauses().isEmpty() ? null : conjunction;
  }
}
