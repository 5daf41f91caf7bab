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

import java.util.ArrayList;
import java.util.List;

/** What is searched for: the best k among the documents that a filter accepts. */
record SearchCase(int k, Filter filter) {

  static List<SearchCase> all() {
    List<SearchCase> all = new ArrayList<>();
    for (int k : new int[] {10, ExactAnswers.DEPTH}) {
      for (Filter filter : Filter.values()) {
        all.add(new SearchCase(k, filter));
      }
    }
    return all;
  }
}
