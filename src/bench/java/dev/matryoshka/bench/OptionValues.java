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
package dev.matryoshka.bench;

import java.nio.file.Files;
import java.nio.file.Path;

/** Checks values of the command line; what is wrong is said in an IllegalArgumentException. */
public final class OptionValues {

  private OptionValues() {}

  /** A number of at least 1 and less than a milliard. */
  public static int positive(String option, String value) {
    if (value.matches("[1-9][0-9]{0,8}") == false) {
      throw new IllegalArgumentException("[" + option + "] takes numbers, not [" + value + "]");
    }
    return Integer.parseInt(value);
  }

  /** Makes sure that files can be read. */
  public static void checkReadable(Path directory, String... files) {
    for (String file : files) {
      if (Files.isReadable(directory.resolve(file)) == false) {
        throw new IllegalArgumentException("there is no [" + directory.resolve(file) + "]");
      }
    }
  }
}
