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
package dev.matryoshka.bench;

import dev.matryoshka.binary.SignPacker;

/** The baseline that needs no plugin: the signs of leading dimensions as they are. */
final class PlainSigns {

  private final int words;
  private final long[] codes;

  PlainSigns(float[][] documents, int bits) {
    words = bits / Long.SIZE;
    codes = new long[documents.length * words];
    for (int i = 0; i < documents.length; i++) {
      SignPacker.pack(documents[i], 0, words, codes, i * words, 1);
    }
  }

  /** The documents at the smallest Hamming distances, nearest first. */
  int[] nearest(float[] query, int depth) {
    long[] code = new long[words];
    SignPacker.pack(query, 0, words, code, 0, 1);
    int documents = codes.length / words;
    BestFirst best = new BestFirst(Math.min(depth, documents));
    for (int i = 0; i < documents; i++) {
      int distance = 0;
      for (int w = 0; w < words; w++) {
        distance += Long.bitCount(code[w] ^ codes[i * words + w]);
      }
      best.offer(-distance, i);
    }
    return best.documents();
  }
}
