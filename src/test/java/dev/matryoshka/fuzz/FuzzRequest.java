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

import java.util.Map;

/**
 * A request to a server.
 *
 * @param body null for none
 * @param contentType null for JSON
 */
record FuzzRequest(String method, String path, String body, String contentType) {

  FuzzRequest(String method, String path, String body) {
    this(method, path, body, null);
  }

  /** The same, said to be YAML, of which JSON is a part. */
  FuzzRequest asYaml() {
    return new FuzzRequest(method, path, body, "application/yaml");
  }

  Map<String, String> headers() {
    return contentType == null ? Map.of() : Map.of("Content-Type", contentType);
  }

  /** As a shell command that sends it to the port in {@code $PORT}. */
  String asCommand() {
    String data =
        body == null
            ? ""
            : " -H 'Content-Type: "
                + (contentType == null ? "application/json" : contentType)
                + "' --data-binary '"
                + body.replace("'", "'\\''")
                + "'";
    return "curl -g -X " + method + " \"localhost:$PORT" + path + "\"" + data;
  }
}
