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

import java.util.Map;

/**
 * One step of a test: a request ({@code do}), an assertion on the last response, or {@code set},
 * which keeps a part of the response for later steps.
 *
 * @param kind the word that starts the step
 * @param argument what follows it, as parsed
 */
record YamlStep(String kind, Object argument) {
  static YamlStep of(Map<?, ?> step) {
    if (step.size() != 1) {
      throw new IllegalArgumentException("a step has one key, but this has " + step.keySet());
    }
    Map.Entry<?, ?> entry = step.entrySet().iterator().next();
    return new YamlStep((String) entry.getKey(), entry.getValue());
  }

  void run(YamlRun run) {
    switch (kind) {
      case "do" -> run.request(map());
      case "set" -> map().forEach((path, name) -> run.keep(path, (String) name));
      case "is_true" -> YamlAssertions.isTrue((String) argument, run);
      case "is_false" -> YamlAssertions.isFalse((String) argument, run);
      case "exists" -> YamlAssertions.exists((String) argument, run);
      default -> map().forEach((path, expected) -> compare(path, run.resolve(expected), run));
    }
  }

  private void compare(String path, Object expected, YamlRun run) {
    Object actual = run.value(path);
    switch (kind) {
      case "match" -> YamlAssertions.match(path, expected, actual);
      case "length" -> YamlAssertions.length(path, expected, actual);
      case "contains" -> YamlAssertions.contains(path, expected, actual);
      case "close_to" -> YamlAssertions.closeTo(path, (Map<?, ?>) expected, actual);
      case "gt", "gte", "lt", "lte" -> YamlAssertions.order(kind, path, expected, actual);
      default -> throw new IllegalArgumentException("unknown step [" + kind + "]");
    }
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> map() {
    return (Map<String, Object>) argument;
  }

  @Override
  public String toString() {
    return kind + ": " + argument;
  }
}
