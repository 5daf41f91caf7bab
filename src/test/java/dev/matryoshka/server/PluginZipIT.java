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
package dev.matryoshka.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;

/** What people install is what is meant to be in it, with the licences of all of it. */
class PluginZipIT {
  private static final Path ZIP = Path.of(System.getProperty("matryoshka.plugin"));
  private static final String LICENSES = "licenses/";
  private static final String LICENSE = "-LICENSE.txt";

  @Test
  void itIsTheOnlyZip() throws IOException {
    try (Stream<Path> files = Files.list(ZIP.getParent())) {
      assertEquals(List.of(ZIP), files.filter(file -> file.toString().endsWith(".zip")).toList());
    }
  }

  @Test
  void theDescriptorSaysWhatElasticsearchAsksFor() throws IOException {
    Properties descriptor = new Properties();
    try (ZipFile zip = new ZipFile(ZIP.toFile());
        InputStream in = zip.getInputStream(zip.getEntry("plugin-descriptor.properties"))) {
      descriptor.load(in);
    }
    assertEquals(
        Set.of(
            "name", "description", "version", "classname", "java.version", "elasticsearch.version"),
        descriptor.stringPropertyNames());
    String elasticsearch = descriptor.getProperty("elasticsearch.version");
    String version = descriptor.getProperty("version");
    assertTrue(version.startsWith(elasticsearch + "."), version);
    assertEquals("elasticsearch-matryoshka-" + version + ".zip", ZIP.getFileName().toString());
  }

  @Test
  void everyForeignJarHasALicenceAndEveryLicenceAJar() throws IOException {
    Set<String> entries = entries();
    Set<String> jars =
        entries.stream()
            .filter(entry -> entry.endsWith(".jar") && entry.startsWith("elasticsearch-") == false)
            .collect(Collectors.toCollection(TreeSet::new));
    assertFalse(jars.isEmpty());
    Set<String> products =
        entries.stream()
            .filter(entry -> entry.startsWith(LICENSES) && entry.endsWith(LICENSE))
            .map(entry -> entry.substring(LICENSES.length(), entry.length() - LICENSE.length()))
            .collect(Collectors.toCollection(TreeSet::new));
    for (String jar : jars) {
      assertTrue(products.stream().anyMatch(jar::startsWith), "no licence of " + jar);
    }
    for (String product : products) {
      assertTrue(jars.stream().anyMatch(jar -> jar.startsWith(product)), "no jar of " + product);
    }
    assertTrue(entries.containsAll(Set.of("LICENSE", "NOTICE")), entries.toString());
  }

  @Test
  void nothingOfTestsAndDemoIsInside() throws IOException {
    String jar = ZIP.getFileName().toString().replace(".zip", ".jar");
    try (ZipFile zip = new ZipFile(ZIP.toFile());
        ZipInputStream in = new ZipInputStream(zip.getInputStream(zip.getEntry(jar)))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        String name = entry.getName();
        assertFalse(
            Stream.of("server", "demo", "yaml")
                .anyMatch(part -> name.startsWith("dev/matryoshka/" + part + "/")),
            name);
      }
    }
  }

  private static Set<String> entries() throws IOException {
    try (ZipFile zip = new ZipFile(ZIP.toFile())) {
      return zip.stream().map(ZipEntry::getName).collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
