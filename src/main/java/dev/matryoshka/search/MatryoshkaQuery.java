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

import java.util.List;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.join.BitSetProducer;

public final class MatryoshkaQuery extends Query {
  private final String field;

  /**
   * @param field name of the vector field
   * @param target the query vector as the user gave it (cosine needs no normalising), not copied
   * @param k documents to return, at least 1
   * @param filter documents to consider, or null for all
   * @param stages the funnel as the user wrote it, or null for the default one
   * @param parents for nested vectors the parent documents, of which each is returned once, by its
   *     best child; null otherwise
   * @param cancellation how to learn that the search was cancelled
   */
  public MatryoshkaQuery(
      String field,
      float[] target,
      int k,
      Query filter,
      List<Stage> stages,
      BitSetProducer parents,
      Cancellation cancellation) {
    this.field = field;
  }

  @Override
  public String toString(String defaultField) {
    return "MatryoshkaQuery[" + field + "]";
  }

  @Override
  public void visit(QueryVisitor visitor) {
    visitor.visitLeaf(this);
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other);
  }

  @Override
  public int hashCode() {
    return classHash();
  }
}
