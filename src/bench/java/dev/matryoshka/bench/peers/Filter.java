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

import java.util.Locale;

/** A filter that some share of the documents passes, whatever their vectors are. */
enum Filter {
  NONE("none", 1000),
  HALF("50 %", 500),
  TENTH("10 %", 100),
  HUNDREDTH("1 %", 10),
  THOUSANDTH("0.1 %", 1);

  /** The keyword field that filters look at. */
  static final String FIELD = "share";

  private static final int PARTS = 1000;

  private final String label;
  private final int passing;

  Filter(String label, int passing) {
    this.label = label;
    this.passing = passing;
  }

  String label() {
    return label;
  }

  /** The keyword of documents that pass. */
  String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a document passes: decided by a hash of its number. */
  boolean accepts(int document) {
    long hash = (document + 1) * 0x9E3779B97F4A7C15L;
    hash = (hash ^ hash >>> 32) * 0xD6E8FEB86659FD93L;
    return Math.floorMod(hash ^ hash >>> 32, PARTS) < passing;
  }

  /** What a query has besides its vector. */
  String json() {
    return this == NONE ? "" : ",\"filter\":{\"term\":{\"" + FIELD + "\":\"" + keyword() + "\"}}";
  }
}
