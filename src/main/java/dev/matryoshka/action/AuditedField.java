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

import dev.matryoshka.mapper.MatryoshkaVectorFieldType;
import dev.matryoshka.query.MatryoshkaQueryBuilder;
import org.elasticsearch.index.query.SearchExecutionContext;

/** Which fields can be audited. */
final class AuditedField {

  private AuditedField() {}

  /**
   * Whether the field is there.
   *
   * @return false when the index does not know the field, or no vector of it yet
   * @throws IllegalArgumentException when it is of another type, or of nested documents, of which a
   *     search returns parents
   */
  static boolean mapped(SearchExecutionContext context, String field) {
    MatryoshkaVectorFieldType type = MatryoshkaQueryBuilder.fieldType(context, field);
    if (type == null) {
      return false;
    }
    String path = context.nestedLookup().getNestedParent(type.name());
    if (path != null) {
      throw new IllegalArgumentException(
          "field ["
              + field
              + "] is in nested documents of ["
              + path
              + "]; recall can be measured for fields of whole documents only");
    }
    return true;
  }
}
