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

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.XContentType;

/**
 * The APIs that tests may call: the plugin's, by their specifications, and some of the server's.
 */
final class RestApis {
  private static final String CORE = "/core-apis.json";

  private final Map<String, RestApi> apis = new HashMap<>();

  /**
   * @param specifications a directory of files in the format of Elasticsearch's rest-api-spec, one
   *     an API; need not exist
   */
  RestApis(Path specifications) throws IOException {
    try (InputStream core = RestApis.class.getResourceAsStream(CORE)) {
      json(core).forEach((name, routes) -> add(name, coreRoutes((List<?>) routes)));
    }
    if (Files.notExists(specifications)) {
      return;
    }
    try (Stream<Path> files = Files.list(specifications)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
        try (InputStream in = Files.newInputStream(file)) {
          json(in).forEach((name, specification) -> add(name, routes((Map<?, ?>) specification)));
        }
      }
    }
  }

  RestApi get(String name) {
    RestApi api = apis.get(name);
    if (api == null) {
      throw new IllegalArgumentException(
          "no API [" + name + "] in rest-api-spec/api or " + CORE.substring(1));
    }
    return api;
  }

  private void add(String name, List<RestApi.Route> routes) {
    apis.put(name, new RestApi(name, routes));
  }

  /** Lines such as "PUT /{index}". */
  private static List<RestApi.Route> coreRoutes(List<?> lines) {
    return lines.stream()
        .map(line -> ((String) line).split(" "))
        .map(words -> new RestApi.Route(words[0], words[1]))
        .toList();
  }

  private static List<RestApi.Route> routes(Map<?, ?> specification) {
    List<RestApi.Route> routes = new ArrayList<>();
    for (Object each : (List<?>) ((Map<?, ?>) specification.get("url")).get("paths")) {
      Map<?, ?> path = (Map<?, ?>) each;
      for (Object method : (List<?>) path.get("methods")) {
        routes.add(new RestApi.Route((String) method, (String) path.get("path")));
      }
    }
    return routes;
  }

  private static Map<String, Object> json(InputStream in) throws IOException {
    try (XContentParser parser =
        XContentType.JSON.xContent().createParser(XContentParserConfiguration.EMPTY, in)) {
      return parser.map();
    }
  }
}
