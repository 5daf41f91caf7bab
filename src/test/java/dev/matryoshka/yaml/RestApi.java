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
package dev.matryoshka.yaml;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An API as tests name it, such as {@code indices.create}.
 *
 * @param routes the requests it stands for
 */
record RestApi(String name, List<Route> routes) {
  private static final Pattern PART = Pattern.compile("\\{(\\w+)}");

  /** One way to call an API: a method, and a path with parts in braces. */
  record Route(String method, String path) {
    List<String> parts() {
      return PART.matcher(path).results().map(part -> part.group(1)).toList();
    }

    /** The path and query for arguments that have all parts of the path; others are parameters. */
    String fill(Map<String, String> arguments) {
      Map<String, String> parameters = new LinkedHashMap<>(arguments);
      String filled =
          PART.matcher(path).replaceAll(part -> encode(parameters.remove(part.group(1))));
      String query =
          parameters.entrySet().stream()
              .map(parameter -> parameter.getKey() + "=" + encode(parameter.getValue()))
              .collect(Collectors.joining("&"));
      return query.isEmpty() ? filled : filled + "?" + query;
    }

    private static String encode(String value) {
      return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }
  }

  /** The route that uses most of the arguments in its path, and takes a body if there is one. */
  Route route(Map<String, String> arguments, boolean body) {
    return routes.stream()
        .filter(route -> arguments.keySet().containsAll(route.parts()))
        .max(
            Comparator.comparingInt((Route route) -> route.parts().size())
                .thenComparing(route -> body == (route.method.equals("GET") == false)))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "[" + name + "] has no path for " + new TreeSet<>(arguments.keySet())));
  }
}
