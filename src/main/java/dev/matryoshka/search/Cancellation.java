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
package dev.matryoshka.search;

import org.apache.lucene.search.IndexSearcher;

/**
 * How a long scan learns that nobody waits for it any more. Implementations are stateless, so that
 * a query that holds one stays comparable and captures no searcher.
 */
@FunctionalInterface
public interface Cancellation {
  /** For searchers that cannot be cancelled. */
  Cancellation NONE = searcher -> () -> {};

  /** The check to run every thousand documents or so; it throws when the search should stop. */
  Runnable checkFor(IndexSearcher searcher);
}
