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
import dev.matryoshka.server.SharedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs the tests in rest-api-spec/test against a real server, each on an empty one. */
class RestSpecificationIT {
  private static final Path SPECIFICATION = Path.of("rest-api-spec");
  private static final List<String> CLEANING =
      List.of(
          "/_search/scroll/_all",
          "/*?expand_wildcards=open,closed",
          "/_index_template/*",
          "/_snapshot/*");

  private static RestClient client;
  private static RestApis apis;

  @BeforeAll
  static void start() throws IOException {
    client = new RestClient(SharedServer.node().http());
    apis = new RestApis(SPECIFICATION.resolve("api"));
  }

  @TestFactory
  Stream<DynamicTest> tests() throws IOException {
    Path root = SPECIFICATION.resolve("test");
    try (Stream<Path> files = Files.walk(root)) {
      List<Path> sorted = files.filter(file -> file.toString().endsWith(".yml")).sorted().toList();
      Stream.Builder<DynamicTest> tests = Stream.builder();
      for (Path file : sorted) {
        YamlSuite suite = YamlSuite.read(root, file);
        suite
            .tests()
            .forEach(
                (name, steps) ->
                    tests.add(
                        DynamicTest.dynamicTest(
                            suite.name() + ": " + name, () -> run(suite, steps))));
      }
      return tests.build();
    }
  }

  private static void run(YamlSuite suite, List<YamlStep> steps) {
    YamlRun run = new YamlRun(client, apis);
    try {
      run("setup", suite.setup(), run);
      run("step", steps, run);
    } finally {
      run("teardown", suite.teardown(), run);
      CLEANING.forEach(path -> client.request("DELETE", path, null));
    }
  }

  private static void run(String part, List<YamlStep> steps, YamlRun run) {
    for (int i = 0; i < steps.size(); i++) {
      try {
        steps.get(i).run(run);
      } catch (AssertionError | RuntimeException e) {
        String where = part + " " + (i + 1) + ", " + steps.get(i);
        throw new AssertionError(
            where + "\n" + e.getMessage() + "\nlast response: " + run.value(""), e);
      }
    }
  }
}
