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

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/** What tests say about a value in a response. Numbers are equal when their values are. */
final class YamlAssertions {
  private YamlAssertions() {}

  /**
   * @param expected a value, or {@code /a regular expression/} to find in a text; other than in
   *     Elasticsearch's runner, blanks in it count
   */
  static void match(String path, Object expected, Object actual) {
    boolean matches =
        expected instanceof String text && isRegex(text)
            ? actual != null && regex(text).matcher(actual.toString()).find()
            : same(expected, actual);
    check(matches, path, "should match", expected, actual);
  }

  static boolean isRegex(String text) {
    return text.length() > 2 && text.startsWith("/") && text.strip().endsWith("/");
  }

  static Pattern regex(String text) {
    return Pattern.compile(text.strip().substring(1, text.strip().length() - 1), Pattern.DOTALL);
  }

  private static boolean same(Object expected, Object actual) {
    if (expected instanceof Number number) {
      return actual instanceof Number other && number.doubleValue() == other.doubleValue();
    }
    if (expected instanceof Map<?, ?> map) {
      return actual instanceof Map<?, ?> other
          && map.keySet().equals(other.keySet())
          && map.keySet().stream().allMatch(key -> same(map.get(key), other.get(key)));
    }
    if (expected instanceof List<?> list) {
      return actual instanceof List<?> other
          && list.size() == other.size()
          && sameItems(list, other);
    }
    return Objects.equals(expected, actual);
  }

  private static boolean sameItems(List<?> expected, List<?> actual) {
    Iterator<?> items = actual.iterator();
    return expected.stream().allMatch(item -> same(item, items.next()));
  }

  static void length(String path, Object expected, Object actual) {
    int length = -1;
    if (actual instanceof Collection<?> collection) {
      length = collection.size();
    } else if (actual instanceof Map<?, ?> map) {
      length = map.size();
    }
    check(same(expected, length), path, "should be of length", expected, actual);
  }

  static void contains(String path, Object expected, Object actual) {
    boolean contains =
        actual instanceof Collection<?> items
            ? items.stream().anyMatch(item -> same(expected, item))
            : actual != null && actual.toString().contains(expected.toString());
    check(contains, path, "should contain", expected, actual);
  }

  static void closeTo(String path, Map<?, ?> expected, Object actual) {
    boolean close =
        actual instanceof Number number
            && Math.abs(number.doubleValue() - number(expected.get("value")))
                <= number(expected.get("error"));
    check(close, path, "should be close to", expected, actual);
  }

  static void order(String relation, String path, Object expected, Object actual) {
    int order = actual == null ? 0 : Double.compare(number(actual), number(expected));
    boolean holds =
        switch (relation) {
          case "gt" -> order > 0;
          case "gte" -> order >= 0;
          case "lt" -> order < 0;
          default -> order <= 0;
        };
    check(actual != null && holds, path, "should be " + relation, expected, actual);
  }

  static void isTrue(String path, YamlRun run) {
    check(truth(run.value(path)), path, "should be", true, run.value(path));
  }

  static void isFalse(String path, YamlRun run) {
    check(truth(run.value(path)) == false, path, "should be", false, run.value(path));
  }

  static void exists(String path, YamlRun run) {
    check(run.value(path) != null, path, "should", "exist", run.value(path));
  }

  private static boolean truth(Object value) {
    return value != null && List.of("", "false", "0").contains(value.toString()) == false;
  }

  private static double number(Object value) {
    return value instanceof Number number
        ? number.doubleValue()
        : Double.parseDouble(String.valueOf(value));
  }

  private static void check(
      boolean holds, String path, String relation, Object expected, Object actual) {
    if (holds == false) {
      throw new AssertionError(
          "[" + path + "] " + relation + " [" + expected + "] but is [" + actual + "]");
    }
  }
}
