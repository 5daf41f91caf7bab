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
package dev.matryoshka.mapper;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.index.mapper.SourceValueFetcher;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.search.lookup.Source;

/**
 * Gives the {@code fields} of a hit the components of a vector as floats, whichever way the
 * document had them.
 */
final class VectorValueFetcher extends SourceValueFetcher {

  private final String field;
  private final Integer dims;
  private final Set<String> sourcePaths;

  VectorValueFetcher(String field, @Nullable Integer dims, SearchExecutionContext context) {
    super(field, context);
    this.field = field;
    this.dims = dims;
    this.sourcePaths = context.isSourceEnabled() ? context.sourcePath(field) : Set.of();
  }

  @Override
  public List<Object> fetchValues(Source source, int doc, List<Object> ignoredValues) {
    List<Object> components = new ArrayList<>();
    for (String path : sourcePaths) {
      Object value = source.extractValue(path, null);
      switch (value) {
        case null -> {}
        // An array of objects has a list of what is in each.
        case List<?> list -> list.forEach(element -> add(element, components));
        case String text -> add(text, components);
        default -> ignoredValues.add(value);
      }
    }
    return components;
  }

  private void add(Object value, List<Object> components) {
    if (value instanceof String text) {
      for (float component : VectorParser.base64(text, field, dims)) {
        components.add(component);
      }
    } else {
      components.add(parseSourceValue(value));
    }
  }

  @Override
  protected Object parseSourceValue(Object value) {
    return ((Number) value).floatValue();
  }
}
