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

import dev.matryoshka.codec.CodeCursor;
import dev.matryoshka.codec.QueryCode;
import dev.matryoshka.codec.SegmentCodes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.VectorUtil;

/** A funnel as its documentation says, by scoring everything and sorting it, stage after stage. */
final class ReferenceFunnel {

  private static final Comparator<Candidate> BEST_FIRST =
      Comparator.comparing((Candidate c) -> -c.score).thenComparing(c -> c.doc);

  private final float[] target;
  private final List<Segment> segments = new ArrayList<>();
  private boolean ambiguous;

  private static final class Candidate {
    final int doc;
    final float[] vector;
    long[] code;
    float[] corrections;
    float score;

    Candidate(int doc, float[] vector) {
      this.doc = doc;
      this.vector = vector;
    }
  }

  private static final class Segment {
    VectorSimilarityFunction similarity;
    QueryCode query;
    int[] levels;
    List<Candidate> candidates = new ArrayList<>();
  }

  ReferenceFunnel(IndexReader reader, float[] target, IntPredicate acceptedNumbers)
      throws IOException {
    this.target = target;
    for (LeafReaderContext leaf : reader.leaves()) {
      segments.add(read(leaf, acceptedNumbers));
    }
  }

  private Segment read(LeafReaderContext leaf, IntPredicate acceptedNumbers) throws IOException {
    Segment segment = new Segment();
    SegmentCodes codes = SegmentView.open(leaf, SearchIndex.FIELD).codes();
    FloatVectorValues values = leaf.reader().getFloatVectorValues(SearchIndex.FIELD);
    segment.similarity =
        leaf.reader().getFieldInfos().fieldInfo(SearchIndex.FIELD).getVectorSimilarityFunction();
    CodeCursor cursor = null;
    if (codes != null) {
      segment.query = codes.encode(target);
      segment.levels = codes.levels();
      cursor = codes.cursor();
    }
    var numbers = leaf.reader().getNumericDocValues("number");
    Bits live = leaf.reader().getLiveDocs();
    KnnVectorValues.DocIndexIterator iterator = values.iterator();
    for (int doc = iterator.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = iterator.nextDoc()) {
      numbers.advanceExact(doc);
      if (live != null && live.get(doc) == false
          || acceptedNumbers.test((int) numbers.longValue()) == false) {
        continue;
      }
      int ord = iterator.index();
      Candidate candidate = new Candidate(leaf.docBase + doc, values.vectorValue(ord).clone());
      if (codes != null) {
        candidate.code = new long[codes.bits() / Long.SIZE];
        cursor.readCode(ord, candidate.code, 0, 1);
        candidate.corrections = new float[cursor.correctionsPerVector()];
        cursor.readCorrections(ord, candidate.corrections, 0, 1);
      }
      segment.candidates.add(candidate);
    }
    return segment;
  }

  /** Whether a difference in the last bits of a score could change what some stage keeps. */
  boolean ambiguous() {
    return ambiguous;
  }

  List<ScoreDoc> run(List<Stage> stages, int k) {
    Stage first = stages.getFirst();
    int enough = stages.size() > 1 ? stages.get(stages.size() - 2).keep() : Integer.MAX_VALUE;
    List<Candidate> survivors = List.of();
    for (Segment segment : segments) {
      if (first.kind() != Stage.Kind.FLOAT && segment.candidates.size() <= enough) {
        segment.query = null;
      }
    }
    for (Stage stage : stages) {
      int keep = stage.keep() == Stage.LAST ? k : stage.keep();
      for (Segment segment : segments) {
        score(segment, stage, keep);
      }
      survivors = best(segments.stream().flatMap(s -> s.candidates.stream()).toList(), keep, true);
      List<Candidate> kept = survivors;
      var docs = kept.stream().map(c -> c.doc).collect(Collectors.toSet());
      for (Segment segment : segments) {
        segment.candidates.removeIf(c -> docs.contains(c.doc) == false);
      }
    }
    return survivors.stream().map(c -> new ScoreDoc(c.doc, c.score)).toList();
  }

  private List<Candidate> best(List<Candidate> candidates, int keep, boolean floats) {
    List<Candidate> sorted = candidates.stream().sorted(BEST_FIRST).toList();
    if (sorted.size() <= keep) {
      return sorted;
    }
    float worst = sorted.get(keep - 1).score;
    float next = sorted.get(keep).score;
    boolean wholeNumbers = worst == Math.rint(worst) && next == Math.rint(next);
    ambiguous |= floats && wholeNumbers == false && worst - next < 1e-5 * Math.abs(worst);
    return sorted.subList(0, keep);
  }

  private void score(Segment segment, Stage stage, int keep) {
    for (Candidate candidate : segment.candidates) {
      candidate.score =
          stage.kind() == Stage.Kind.FLOAT
              ? prefix(segment, candidate, stage.size())
              : segment.query == null
                  ? prefix(segment, candidate, target.length)
                  : stage.kind() == Stage.Kind.HAMMING
                      ? -distance(segment, candidate, stage)
                      : estimate(segment, candidate, stage);
    }
    if (stage.kind() == Stage.Kind.HAMMING && segments.size() > 1 && segment.query != null) {
      segment.candidates = new ArrayList<>(best(segment.candidates, keep, false));
      for (Candidate candidate : segment.candidates) {
        candidate.score = estimate(segment, candidate, stage);
      }
    }
  }

  private float prefix(Segment segment, Candidate candidate, int dims) {
    VectorSimilarityFunction similarity = segment.similarity;
    if (dims == target.length) {
      return similarity.compare(target, candidate.vector);
    }
    float[] query = Arrays.copyOf(target, dims);
    float[] vector = Arrays.copyOf(candidate.vector, dims);
    return switch (similarity) {
      case COSINE, DOT_PRODUCT -> VectorSimilarityFunction.COSINE.compare(query, vector);
      case MAXIMUM_INNER_PRODUCT, EUCLIDEAN -> similarity.compare(query, vector);
    };
  }

  private static int level(Segment segment, Stage stage) {
    int level = Arrays.binarySearch(segment.levels, stage.size());
    return level < 0 ? segment.levels.length - 1 : level;
  }

  private static int distance(Segment segment, Candidate candidate, Stage stage) {
    int last = level(segment, stage);
    int distance = 0;
    int w = 0;
    for (int level = 0; level <= last; level++) {
      for (; w < segment.levels[level] / Long.SIZE; w++) {
        int differing = Long.bitCount(candidate.code[w] ^ segment.query.words()[w]);
        distance += segment.query.weight(level, last) * differing;
      }
    }
    return distance;
  }

  private static float estimate(Segment segment, Candidate candidate, Stage stage) {
    float estimate =
        segment.query.estimate(level(segment, stage), candidate.code, 0, candidate.corrections, 0);
    return switch (segment.similarity) {
      case COSINE, DOT_PRODUCT -> (1 + estimate) / 2;
      case MAXIMUM_INNER_PRODUCT -> VectorUtil.scaleMaxInnerProductScore(estimate);
      // Distances are negated; beyond zero the estimate keeps its order.
      case EUCLIDEAN -> estimate <= 0 ? 1 / (1 - estimate) : 1 + estimate;
    };
  }
}
