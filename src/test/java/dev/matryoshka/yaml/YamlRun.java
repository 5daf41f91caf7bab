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

import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.elasticsearch.common.Strings;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.XContentType;
import org.elasticsearch.xcontent.json.JsonXContent;

/** One test on its way: the last response, and what {@code set} has kept. */
final class YamlRun {
  private static final Pattern NAME = Pattern.compile("\\$\\w+");
  private static final Pattern PATH_DOT = Pattern.compile("(?<!\\\\)\\.");

  private static final Map<String, IntPredicate> CATCHES =
      Map.of(
          "bad_request", status -> status == 400,
          "missing", status -> status == 404,
          "conflict", status -> status == 409,
          "request", status -> status >= 400);

  private final RestClient client;
  private final RestApis apis;
  private final Map<String, Object> kept = new HashMap<>();
  private Object response;

  YamlRun(RestClient client, RestApis apis) {
    this.client = client;
    this.apis = apis;
  }

  /** Calls an API; {@code step} has its name and, beside it, {@code catch} and {@code headers}. */
  void request(Map<String, Object> step) {
    Map<String, Object> call = new LinkedHashMap<>(step);
    String failure = (String) call.remove("catch");
    Map<String, String> headers = strings(call.remove("headers"));
    if (call.size() != 1) {
      throw new IllegalArgumentException("one API a step, not " + call.keySet());
    }
    Map.Entry<String, Object> api = call.entrySet().iterator().next();
    Map<String, Object> arguments = new LinkedHashMap<>(asMap(api.getValue()));
    String body = body(resolve(arguments.remove("body")));
    Map<String, String> texts = strings(arguments);
    RestApi.Route route = apis.get(api.getKey()).route(texts, body != null);
    RestResponse answer = client.request(route.method(), route.fill(texts), body, headers);
    response = parse(answer);
    check(answer, failure);
  }

  private static void check(RestResponse answer, String failure) {
    boolean expected =
        failure == null
            ? answer.status() < 300
            : YamlAssertions.isRegex(failure)
                ? answer.status() >= 400
                    && YamlAssertions.regex(failure).matcher(answer.body()).find()
                : CATCHES.get(failure).test(answer.status());
    if (expected == false) {
      throw new AssertionError(
          "expected "
              + (failure == null ? "success" : "[" + failure + "]")
              + " but got "
              + answer.status()
              + ": "
              + answer.body());
    }
  }

  /** Keeps a value of the last response under a name, which later steps write as $name. */
  void keep(String path, String name) {
    kept.put(name, value(path));
  }

  /** A value in the last response: names and indices between dots; all of it for "". */
  Object value(String path) {
    Object value = response;
    if (path.isEmpty() || path.equals("$body")) {
      return value;
    }
    for (String step : PATH_DOT.split(path)) {
      String key = resolve(step).toString().replace("\\.", ".");
      if (value instanceof Map<?, ?> map) {
        value = map.get(key);
      } else if (value instanceof List<?> list && Integer.parseInt(key) < list.size()) {
        value = list.get(Integer.parseInt(key));
      } else {
        return null;
      }
    }
    return value;
  }

  /** Puts kept values where their names stand. */
  Object resolve(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> resolved = new LinkedHashMap<>();
      map.forEach((key, item) -> resolved.put(key, resolve(item)));
      return resolved;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(this::resolve).toList();
    }
    if (value instanceof String text && NAME.matcher(text).matches()) {
      return kept.getOrDefault(text.substring(1), text);
    }
    return value;
  }

  /** A list is lines of JSON, as bulk requests and several searches in one are. */
  private static String body(Object body) {
    if (body == null || body instanceof String) {
      return (String) body;
    }
    if (body instanceof List<?> lines) {
      return lines.stream()
          .map(line -> line instanceof String text ? text.strip() : json(line))
          .collect(Collectors.joining("\n", "", "\n"));
    }
    return json(body);
  }

  private static String json(Object value) {
    try (XContentBuilder builder = JsonXContent.contentBuilder().value(value)) {
      return Strings.toString(builder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Object parse(RestResponse answer) {
    if (answer.contentType().contains("json") == false || answer.body().isEmpty()) {
      return answer.body();
    }
    try (XContentParser parser =
        XContentType.JSON
            .xContent()
            .createParser(XContentParserConfiguration.EMPTY, answer.body())) {
      return parser.nextToken() == XContentParser.Token.START_ARRAY ? parser.list() : parser.map();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> asMap(Object value) {
    return value == null ? Map.of() : (Map<String, Object>) value;
  }

  private Map<String, String> strings(Object values) {
    Map<String, String> strings = new LinkedHashMap<>();
    asMap(values).forEach((key, value) -> strings.put(key, text(resolve(value))));
    return strings;
  }

  private static String text(Object value) {
    return value instanceof List<?> list
        ? list.stream().map(Object::toString).collect(Collectors.joining(","))
        : String.valueOf(value);
  }
}
