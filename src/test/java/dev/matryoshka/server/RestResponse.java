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

/**
 * What a server answered.
 *
 * @param status the HTTP status
 * @param contentType the content type, or an empty string
 * @param body the body, or an empty string
 */
public record RestResponse(int status, String contentType, String body) {
  /** This response, when the server was content with the request. */
  public RestResponse ok() {
    if (status >= 300) {
      throw new ServerException("the server answered " + status + ": " + body);
    }
    return this;
  }
}
