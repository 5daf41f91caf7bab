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
package dev.matryoshka.fuzz;

import java.util.ArrayList;
import java.util.List;

/**
 * JSON that need not be valid: objects may have a key twice, and anything at all may stand where a
 * value belongs. Values are strings, numbers, booleans, null, {@link Members}, {@link Verbatim} and
 * lists of values.
 */
final class JsonText {

  private JsonText() {}

  /** A member of an object. */
  record Member(String name, Object value) {}

  /** Text that is written as it is. */
  record Verbatim(String text) {}

  /** An object: its members in their order, mutable. */
  static final class Members {
    final List<Member> list = new ArrayList<>();

    Members with(String name, Object value) {
      list.add(new Member(name, value));
      return this;
    }
  }

  /** An object of names and values in turns. */
  static Members object(Object... namesAndValues) {
    Members members = new Members();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      members.with((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return members;
  }

  /** An array that can be changed. */
  static List<Object> array(Object... values) {
    return new ArrayList<>(List.of(values));
  }

  /** Writes a value. */
  static String write(Object value) {
    StringBuilder text = new StringBuilder();
    write(value, text);
    return text.toString();
  }

  private static void write(Object value, StringBuilder text) {
    switch (value) {
      case null -> text.append("null");
      case Verbatim verbatim -> text.append(verbatim.text);
      case String string -> quote(string, text);
      case Members members -> {
        String separator = "{";
        for (Member member : members.list) {
          text.append(separator);
          quote(member.name, text);
          text.append(':');
          write(member.value, text);
          separator = ",";
        }
        text.append(members.list.isEmpty() ? "{}" : "}");
      }
      case List<?> list -> {
        String separator = "[";
        for (Object each : list) {
          text.append(separator);
          write(each, text);
          separator = ",";
        }
        text.append(list.isEmpty() ? "[]" : "]");
      }
      default -> text.append(value);
    }
  }

  private static void quote(String string, StringBuilder text) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c)) {
        text.append(String.format("\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }
}
