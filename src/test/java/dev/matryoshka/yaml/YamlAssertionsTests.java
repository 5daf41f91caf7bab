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

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** An assertion that cannot fail would make every REST test that uses it worthless. */
class YamlAssertionsTests {
  @Test
  void matchComparesNumbersByValueAndEverythingElseByEquality() {
    YamlAssertions.match("p", 2, 2.0);
    YamlAssertions.match("p", Map.of("a", List.of(1, "x")), Map.of("a", List.of(1L, "x")));
    YamlAssertions.match("p", "/b+ c/", "abb cd");
    fails(() -> YamlAssertions.match("p", 2, "2"));
    fails(() -> YamlAssertions.match("p", Map.of("a", 1), Map.of("a", 1, "b", 2)));
    fails(() -> YamlAssertions.match("p", List.of(1), List.of(1, 2)));
    fails(() -> YamlAssertions.match("p", "/b+ c/", "abbc"));
    fails(() -> YamlAssertions.match("p", "/x/", null));
    fails(() -> YamlAssertions.match("p", "x", null));
  }

  @Test
  void closeToNeedsANumberWithinTheError() {
    YamlAssertions.closeTo("p", Map.of("value", 1, "error", 0.1), 1.05);
    fails(() -> YamlAssertions.closeTo("p", Map.of("value", 1, "error", 0.1), 1.2));
    fails(() -> YamlAssertions.closeTo("p", Map.of("value", 1, "error", 0.1), null));
  }

  @Test
  void lengthCountsItemsOfListsAndMaps() {
    YamlAssertions.length("p", 2, List.of(1, 2));
    YamlAssertions.length("p", 1, Map.of("a", 1));
    fails(() -> YamlAssertions.length("p", 0, null));
    fails(() -> YamlAssertions.length("p", 1, List.of()));
  }

  @Test
  void containsLooksIntoListsAndTexts() {
    YamlAssertions.contains("p", "a", List.of("a", "b"));
    YamlAssertions.contains("p", "ell", "hello");
    fails(() -> YamlAssertions.contains("p", "c", List.of("a", "b")));
    fails(() -> YamlAssertions.contains("p", "null", null));
  }

  @Test
  void orderComparesNumbers() {
    YamlAssertions.order("gt", "p", 1, 2);
    YamlAssertions.order("lte", "p", 2, 2.0);
    fails(() -> YamlAssertions.order("gt", "p", 2, 2));
    fails(() -> YamlAssertions.order("lt", "p", 2, 3));
    fails(() -> YamlAssertions.order("gte", "p", 0, null));
  }

  private static void fails(Executable assertion) {
    assertThrows(AssertionError.class, assertion);
  }
}
