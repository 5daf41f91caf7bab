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
package dev.matryoshka;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Imports go down only: each floor of the house knows those below it and the libraries it may. */
class PackageFloorsTests {

  private static final String ROOT = "dev.matryoshka.";
  private static final String[] JDK = {"java..", "jdk.."};
  private static final String[] EJML = {"org.ejml.."};
  private static final String[] LUCENE = {"org.apache.lucene.."};
  private static final String[] ELASTICSEARCH = {"org.elasticsearch..", "org.apache.logging.."};

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.matryoshka");

  /** A floor may use itself, some floors below, and some libraries. */
  private static void floor(String name, List<String> below, String[]... libraries) {
    List<String> allowed = new ArrayList<>();
    allowed.add(ROOT + name);
    below.forEach(floor -> allowed.add(ROOT + floor));
    for (String[] library : libraries) {
      allowed.addAll(Arrays.asList(library));
    }
    DescribedPredicate<JavaClass> known =
        resideInAnyPackage(allowed.toArray(String[]::new))
            .or(DescribedPredicate.describe("primitives", JavaClass::isPrimitive))
            .or(
                DescribedPredicate.describe(
                    "arrays of those", type -> type.isArray() && allowedArray(type, allowed)));
    classes()
        .that()
        .resideInAPackage(ROOT + name)
        .should()
        .onlyDependOnClassesThat(known)
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  private static boolean allowedArray(JavaClass array, List<String> allowed) {
    JavaClass base = array.getBaseComponentType();
    return base.isPrimitive() || resideInAnyPackage(allowed.toArray(String[]::new)).test(base);
  }

  @Test
  void everyPackageHasAFloor() {
    classes()
        .should()
        .resideInAnyPackage(
            ROOT + "rotation",
            ROOT + "binary",
            ROOT + "codec",
            ROOT + "search",
            ROOT + "audit",
            ROOT + "mapper",
            ROOT + "query",
            ROOT + "engine",
            ROOT + "monitor",
            ROOT + "action",
            ROOT + "rest",
            ROOT + "plugin")
        .check(CLASSES);
  }

  @Test
  void mathsKnowsNoSearchEngine() {
    floor("rotation", List.of(), JDK, EJML);
    floor("binary", List.of(), JDK);
  }

  @Test
  void formatAndSearchKnowLuceneOnly() {
    floor("codec", List.of("rotation", "binary"), JDK, LUCENE);
    floor("search", List.of("rotation", "binary", "codec"), JDK, LUCENE);
    floor("audit", List.of("rotation", "binary", "codec", "search"), JDK, LUCENE);
  }

  @Test
  void elasticsearchComesOnTop() {
    List<String> lucene = List.of("rotation", "binary", "codec", "search", "audit");
    floor("mapper", lucene, JDK, LUCENE, ELASTICSEARCH);
    floor("query", plus(lucene, "mapper"), JDK, LUCENE, ELASTICSEARCH);
    floor("engine", plus(lucene, "mapper"), JDK, LUCENE, ELASTICSEARCH);
    floor("monitor", lucene, JDK, LUCENE, ELASTICSEARCH);
    List<String> fields = plus(lucene, "mapper", "query", "engine", "monitor");
    floor("action", fields, JDK, LUCENE, ELASTICSEARCH);
    floor("rest", plus(fields, "action"), JDK, LUCENE, ELASTICSEARCH);
    floor("plugin", plus(fields, "action", "rest"), JDK, LUCENE, ELASTICSEARCH);
  }

  private static List<String> plus(List<String> floors, String... more) {
    List<String> all = new ArrayList<>(floors);
    all.addAll(Arrays.asList(more));
    return all;
  }
}
