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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/** HTTP to one node. An answer of any status is an answer, not an exception. */
public final class RestClient {
  private static final String JSON = "application/json";
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private final URI node;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public RestClient(URI node) {
    this.node = node;
  }

  /** Sends JSON, or lines of JSON for the endpoints that take those; {@code body} may be null. */
  public RestResponse request(String method, String pathAndQuery, String body) {
    return request(method, pathAndQuery, body, Map.of());
  }

  /** As above, with headers on top of, or instead of, the usual ones. */
  public RestResponse request(
      String method, String pathAndQuery, String body, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(node.resolve(pathAndQuery))
            .timeout(TIMEOUT)
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null) {
      request.setHeader("Content-Type", JSON);
    }
    headers.forEach(request::setHeader);
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      return new RestResponse(
          response.statusCode(),
          response.headers().firstValue("Content-Type").orElse(""),
          response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(method + " " + pathAndQuery + " failed", e);
    } catch (InterruptedException e) {
      throw ElasticsearchInstallation.interrupted(e);
    }
  }
}
