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

import java.util.function.Consumer;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;

/**
 * Finds in a rewritten query what searches for everything above a similarity have run for it.
 * Stateless.
 */
public final class ExecutedFindAlls {

  private ExecutedFindAlls() {}

  /**
   * Visits those that looked at any vector: not those that came from a cache, nor those with a
   * {@code k} that found nothing.
   *
   * @param rewritten what a searcher has made of a query, and has searched
   */
  public static void visit(Query rewritten, Consumer<ExecutedFindAll> executed) {
    rewritten.visit(
        new QueryVisitor() {
          @Override
          public void visitLeaf(Query leaf) {
            ExecutedFindAll found =
                switch (leaf) {
                  case FindAllQuery all -> all.executed();
                  case RankedDocsQuery ranked -> ranked.trace().findAll();
                  default -> null;
                };
            if (found != null && found.skipped() + found.verified() > 0) {
              executed.accept(found);
            }
          }

          @Override
          public QueryVisitor getSubVisitor(BooleanClause.Occur occur, Query parent) {
            return this;
          }
        });
  }
}
