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

import java.util.function.BiConsumer;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;

/** Finds in a rewritten query what funnels have run for it. Stateless. */
public final class ExecutedFunnels {

  private ExecutedFunnels() {}

  /**
   * Visits the funnels of a query that found something.
   *
   * @param rewritten what a searcher has made of a query
   * @param funnel told the query that was run, and what came of it
   */
  public static void visit(Query rewritten, BiConsumer<MatryoshkaQuery, ExecutedFunnel> funnel) {
    rewritten.visit(
        new QueryVisitor() {
          @Override
          public void visitLeaf(Query leaf) {
            if (leaf instanceof RankedDocsQuery ranked && ranked.origin() != null) {
              funnel.accept(ranked.origin(), ranked.trace().executed());
            }
          }

          @Override
          public QueryVisitor getSubVisitor(BooleanClause.Occur occur, Query parent) {
            return this;
          }
        });
  }
}
