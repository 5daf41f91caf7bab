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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.XContentType;

/**
 * One file of REST tests in the format of Elasticsearch's own: YAML documents of one key each, the
 * name of a test, and the list of its steps. The names {@code setup} and {@code teardown} stand for
 * what is done around every other test of the file.
 *
 * @param name the path of the file without its extension
 */
record YamlSuite(
    String name, List<YamlStep> setup, List<YamlStep> teardown, Map<String, List<YamlStep>> tests) {

  private static final Pattern DOCUMENT_START = Pattern.compile("(?m)^---\\s*$");

  static YamlSuite read(Path root, Path file) throws IOException {
    Map<String, List<YamlStep>> sections = new LinkedHashMap<>();
    for (String document : DOCUMENT_START.split(Files.readString(file))) {
      readSections(document, sections);
    }
    String name = root.relativize(file).toString().replaceFirst("\\.yml$", "");
    List<YamlStep> setup = sections.remove("setup");
    List<YamlStep> teardown = sections.remove("teardown");
    return new YamlSuite(
        name, setup == null ? List.of() : setup, teardown == null ? List.of() : teardown, sections);
  }

  private static void readSections(String document, Map<String, List<YamlStep>> sections)
      throws IOException {
    try (XContentParser parser =
        XContentType.YAML.xContent().createParser(XContentParserConfiguration.EMPTY, document)) {
      if (parser.nextToken() == null) {
        return;
      }
      for (Map.Entry<String, Object> section : parser.mapOrdered().entrySet()) {
        List<YamlStep> steps = new ArrayList<>();
        for (Object step : (List<?>) section.getValue()) {
          steps.add(YamlStep.of((Map<?, ?>) step));
        }
        if (sections.put(section.getKey(), steps) != null) {
          throw new IllegalArgumentException("two tests of one name: " + section.getKey());
        }
      }
    }
  }
}
