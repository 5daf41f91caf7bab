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
package dev.matryoshka.torture;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the JSON of a server into maps, lists, strings, booleans and null; numbers stay text, so
 * that whoever wants them decides how precisely.
 */
final class JsonReader {

  private final String text;
  private int at;

  private JsonReader(String text) {
    this.text = text;
  }

  /** A number as it is written. */
  record Number(String text) {
    int toInt() {
      return Integer.parseInt(text);
    }

    float toFloat() {
      return Float.parseFloat(text);
    }
  }

  /**
   * Reads a whole document.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Object read(String text) {
    JsonReader reader = new JsonReader(text);
    Object value = reader.value();
    reader.space();
    if (reader.at != text.length()) {
      throw reader.invalid();
    }
    return value;
  }

  private IllegalArgumentException invalid() {
    int from = Math.max(0, at - 40);
    return new IllegalArgumentException(
        "no JSON near [" + text.substring(from, Math.min(text.length(), at + 40)) + "]");
  }

  private void space() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private char next() {
    if (at >= text.length()) {
      throw invalid();
    }
    return text.charAt(at);
  }

  private boolean take(char wanted) {
    space();
    if (next() == wanted) {
      at++;
      return true;
    }
    return false;
  }

  private Object value() {
    space();
    return switch (next()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Object word(String word, Object value) {
    if (text.startsWith(word, at) == false) {
      throw invalid();
    }
    at += word.length();
    return value;
  }

  private Number number() {
    int from = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    if (from == at) {
      throw invalid();
    }
    return new Number(text.substring(from, at));
  }

  private Map<String, Object> object() {
    at++;
    Map<String, Object> object = new LinkedHashMap<>();
    if (take('}')) {
      return object;
    }
    do {
      space();
      String name = string();
      if (take(':') == false) {
        throw invalid();
      }
      object.put(name, value());
    } while (take(','));
    if (take('}') == false) {
      throw invalid();
    }
    return object;
  }

  private List<Object> array() {
    at++;
    List<Object> array = new ArrayList<>();
    if (take(']')) {
      return array;
    }
    do {
      array.add(value());
    } while (take(','));
    if (take(']') == false) {
      throw invalid();
    }
    return array;
  }

  private String string() {
    if (next() != '"') {
      throw invalid();
    }
    at++;
    StringBuilder string = new StringBuilder();
    while (next() != '"') {
      char c = text.charAt(at++);
      if (c != '\\') {
        string.append(c);
        continue;
      }
      char escaped = next();
      at++;
      switch (escaped) {
        case 'n' -> string.append('\n');
        case 't' -> string.append('\t');
        case 'r' -> string.append('\r');
        case 'b' -> string.append('\b');
        case 'f' -> string.append('\f');
        case 'u' -> {
          string.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
          at += 4;
        }
        default -> string.append(escaped);
      }
    }
    at++;
    return string.toString();
  }
}
