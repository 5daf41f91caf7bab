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
package dev.matryoshka.bench.peers;

/** An index searched in one way. */
record Target(PeerIndex index, Peer.Effort effort) {

  String label() {
    return index.peer().label();
  }

  String body(String vector, SearchCase search) {
    return index.peer().search(vector, search.k(), search.filter(), effort);
  }
}
