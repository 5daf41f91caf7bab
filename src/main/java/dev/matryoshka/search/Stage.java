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

/**
 * One stage of a funnel: a way to score candidates, and how many of them survive. Immutable.
 *
 * @param kind what the candidates are compared by
 * @param size bits of the code prefix for {@link Kind#HAMMING} and {@link Kind#ASYMMETRIC},
 *     dimensions of the vector prefix for {@link Kind#FLOAT}
 * @param keep survivors, at least 1; {@link #LAST} for the last stage, which keeps the query's k
 */
public record Stage(Kind kind, int size, int keep) {

  /** {@link #keep} of a stage without one. */
  public static final int LAST = -1;

  /** What a stage compares. */
  public enum Kind {
    /** Hamming distance of code prefixes. */
    HAMMING,
    /** Estimated similarity of the float query to a code prefix. */
    ASYMMETRIC,
    /** Similarity of vector prefixes, cosine where the field compares directions. */
    FLOAT
  }

  public static Stage hamming(int bits, int keep) {
    return new Stage(Kind.HAMMING, bits, keep);
  }

  public static Stage asymmetric(int bits, int keep) {
    return new Stage(Kind.ASYMMETRIC, bits, keep);
  }

  public static Stage floats(int dims, int keep) {
    return new Stage(Kind.FLOAT, dims, keep);
  }

  /** A short name for profiles and explanations, such as {@code hamming[256 bits]}. */
  public String label() {
    return switch (kind) {
      case HAMMING -> "hamming[" + size + " bits]";
      case ASYMMETRIC -> "asymmetric[" + size + " bits]";
      case FLOAT -> "float[" + size + " dims]";
    };
  }
}
