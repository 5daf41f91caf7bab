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

import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.join.ToChildBlockJoinQuery;
import org.apache.lucene.util.automaton.ByteRunAutomaton;
import org.elasticsearch.common.lucene.search.Queries;
import org.elasticsearch.index.mapper.FieldNamesFieldMapper;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.index.search.ESToParentBlockJoinQuery;
import org.elasticsearch.index.search.NestedHelper;

/**
 * Turns filters that speak of nested documents, of their parents, or of both into filters of the
 * nested documents: a clause about parents accepts all children of those it matches. Which of them
 * a clause speaks of is decided by its fields. {@code knn} decides for a filter as a whole, and by
 * the kind of its query, so that for it a term of a number of the children accepts nothing.
 *
 * @param path of the nested documents
 * @param parentQuery matches their parents, for clauses whose fields do not say more
 */
record NestedFilters(String path, Query parentQuery, SearchExecutionContext context) {

  Query ofChildren(Query filter) {
    return switch (filter) {
      case MatchAllDocsQuery all -> all;
      case MatchNoDocsQuery none -> none;
      case BoostQuery boosted -> ofChildren(boosted.getQuery());
      case ConstantScoreQuery constant -> ofChildren(constant.getQuery());
      case BooleanQuery bool -> {
        BooleanQuery.Builder clauses = new BooleanQuery.Builder();
        clauses.setMinimumNumberShouldMatch(bool.getMinimumNumberShouldMatch());
        for (BooleanClause clause : bool) {
          clauses.add(ofChildren(clause.query()), clause.occur());
        }
        yield clauses.build();
      }
      case DisjunctionMaxQuery any ->
          new DisjunctionMaxQuery(
              any.getDisjuncts().stream().map(this::ofChildren).toList(),
              any.getTieBreakerMultiplier());
      // Finds those of a path by their own children.
      case ESToParentBlockJoinQuery join ->
          path.equals(join.getPath()) ? join : childrenOf(join, documents(join.getPath()));
      default -> {
        Set<String> fields = fields(filter);
        yield speaksOfParents(filter, fields) ? childrenOf(filter, level(fields)) : filter;
      }
    };
  }

  private Query childrenOf(Query filter, Query level) {
    return new ToChildBlockJoinQuery(Queries.filtered(filter, level), context.bitsetFilter(level));
  }

  private boolean speaksOfParents(Query query, Set<String> fields) {
    long ofChildren = fields.stream().filter(field -> path.equals(level(field))).count();
    return fields.isEmpty() || ofChildren > 0 && ofChildren < fields.size()
        ? NestedHelper.mightMatchNonNestedDocs(query, path, context)
        : ofChildren == 0;
  }

  /** Path of the nested documents that have a field, or null for whole documents. */
  private String level(String field) {
    return context.nestedLookup().getNestedParent(field);
  }

  /** Matches the documents above the nested ones that have fields, if they are of one level. */
  private Query level(Set<String> fields) {
    Set<String> levels = new HashSet<>();
    fields.forEach(field -> levels.add(level(field)));
    levels.remove(path);
    levels.removeIf(level -> level != null && path.startsWith(level + ".") == false);
    return levels.size() == 1 ? documents(levels.iterator().next()) : parentQuery;
  }

  /** Matches the nested documents of a path, or whole documents where that is null. */
  private Query documents(String level) {
    return level == null
        ? Queries.newNonNestedFilter(context.indexVersionCreated())
        : context.nestedLookup().getNestedMappers().get(level).nestedTypeFilter();
  }

  private static Set<String> fields(Query query) {
    Set<String> fields = new HashSet<>();
    query.visit(
        new QueryVisitor() {
          @Override
          public boolean acceptField(String field) {
            fields.add(field);
            return true;
          }

          @Override
          public void consumeTerms(Query leaf, Term... terms) {
            for (Term term : terms) {
              boolean name = term.field().equals(FieldNamesFieldMapper.NAME);
              fields.add(name ? term.text() : term.field());
            }
          }

          @Override
          public void consumeTermsMatching(
              Query leaf, String field, Supplier<ByteRunAutomaton> automaton) {
            fields.add(field);
          }

          @Override
          public QueryVisitor getSubVisitor(BooleanClause.Occur occur, Query parent) {
            return this;
          }
        });
    return fields;
  }
}
