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
package dev.matryoshka.query;

import java.io.IOException;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.XContentParser;

/** Numbers in requests that count something. Stateless. */
public final class WholeNumber {

  private WholeNumber() {}

  /**
   * The number that the parser stands on. Elasticsearch's own parsers drop what is behind the
   * point.
   *
   * @param field for messages
   * @throws IllegalArgumentException when it is no whole number
   */
  public static int parse(XContentParser parser, ParseField field) throws IOException {
    return (int) check(parser.intValue(), parser, field);
  }

  /** As {@link #parse}, for those that may be larger. */
  public static long parseLong(XContentParser parser, ParseField field) throws IOException {
    return check(parser.longValue(), parser, field);
  }

  private static long check(long number, XContentParser parser, ParseField field)
      throws IOException {
    if (parser.doubleValue() != number) {
      throw new IllegalArgumentException(
          "["
              + field.getPreferredName()
              + "] must be a whole number but was ["
              + parser.text()
              + "]");
    }
    return number;
  }
}
