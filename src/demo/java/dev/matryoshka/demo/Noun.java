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
package dev.matryoshka.demo;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A noun synset of WordNet: one meaning, with the words for it.
 *
 * @param id the offset in WordNet's file, which identifies the meaning
 * @param lemmas words for it, the usual one first
 * @param gloss what it means, without examples
 * @param hypernyms what it is a kind of, nearest first, up to "entity"
 */
record Noun(String id, List<String> lemmas, String gloss, List<String> hypernyms) {
  private static final int NEAREST = 3;

  /** The text that stands for this meaning: the gloss alone often says too little. */
  String text() {
    String kinds = hypernyms.stream().limit(NEAREST).collect(Collectors.joining(", ", " (", ")"));
    return String.join(", ", lemmas) + kinds + ": " + gloss;
  }
}
