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

import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.store.Directory;
import org.apache.lucene.tests.util.TestUtil;
import org.apache.lucene.util.VectorUtil;

/** What estimates may leave out, whatever the data: rules, not recall. */
public class LikelyMatchesTests extends MatryoshkaTestCase {

  private static final int BITS = 64;
  private static final int DIMS = 4 * BITS;
  private static final int EQUAL = 10;

  private static float[] noise() {
    float[] vector = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      vector[d] = (float) random().nextGaussian();
    }
    return vector;
  }

  /** Nearly all of it is what codes see, and that is like the target. */
  private static float[] decoy(float[] target) {
    float[] vector = noise();
    float spread = random().nextFloat();
    for (int d = 0; d < DIMS; d++) {
      vector[d] = d < BITS ? target[d] + spread * vector[d] : 0.1f * vector[d];
    }
    return vector;
  }

  /**
   * Most of them is beyond what codes see, as in no vector of the sample; and others, which are no
   * matches, have higher estimates.
   */
  public void testVectorsThatAreTheQueryAreFound() throws IOException {
    find(12_000, SearchIndex.coded(RotationKind.NONE, BITS).setMergePolicy(newLogMergePolicy()));
  }

  /** What others show of remainders says nothing of those that are like the query in them too. */
  public void testVectorsThatAreTheQueryAreFoundDespiteBounds() throws IOException {
    find(12_000, bounded());
  }

  /** Estimates of long vectors are off by more than the sample shows. */
  public void testLengthsThatDifferLoseNothing() throws IOException {
    VectorSimilarityFunction similarity = VectorSimilarityFunction.EUCLIDEAN;
    float[] target = noise();
    float[] distances = new float[12_000];
    IndexWriterConfig config = SearchIndex.coded(RotationKind.RANDOM, BITS);
    try (Directory directory = newDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        for (int i = 0; i < distances.length; i++) {
          float[] vector = noise();
          float length = (float) Math.exp(0.5 * random().nextGaussian());
          for (int d = 0; d < DIMS; d++) {
            vector[d] *= length;
          }
          distances[i] = VectorUtil.squareDistance(target, vector);
          writer.addDocument(SearchIndex.document(i, vector, similarity));
        }
        writer.forceMerge(1);
      }
      Arrays.sort(distances);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = newSearcher(reader, false);
        for (int matches : new int[] {120, 1200, 6000}) {
          float middle = (distances[matches - 1] + distances[matches]) / 2;
          FindAllQuery query =
              new FindAllQuery(
                  SearchIndex.FIELD,
                  target,
                  new SimilarityThreshold(similarity, (float) Math.sqrt(middle)),
                  FindAllQuery.Mode.FAST,
                  Long.MAX_VALUE,
                  Cancellation.NONE);
          assertEquals(matches, searcher.count(query), 1);
          FindAllQuery rewritten = (FindAllQuery) searcher.rewrite(query);
          searcher.count(rewritten);
          assertEquals(0, rewritten.executed().skipped());
        }
      }
    }
  }

  /** Too few for estimates; bounds are proofs there, not likely ones. */
  public void testSmallSegmentsLoseNothing() throws IOException {
    find(3000, bounded());
  }

  /** Bounds are written by merges. */
  private static IndexWriterConfig bounded() {
    CodecOptions options =
        new CodecOptions(VectorElement.FLOAT, RotationKind.NONE, List.of(BITS), List.of(BITS));
    return SearchIndex.config(TestUtil.alwaysKnnVectorsFormat(new MatryoshkaVectorsFormat(options)))
        .setMergePolicy(newLogMergePolicy());
  }

  private static void find(int docs, IndexWriterConfig config) throws IOException {
    float[] target = noise();
    for (int d = 0; d < BITS; d++) {
      target[d] *= 1.4f;
    }
    VectorSimilarityFunction similarity = VectorSimilarityFunction.COSINE;
    try (Directory directory = newDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        for (int i = 0; i < docs; i++) {
          boolean equal = i % (docs / EQUAL) == 1;
          float[] vector = equal ? target : i % 33 == 0 ? decoy(target) : noise();
          writer.addDocument(SearchIndex.document(i, vector, similarity));
          if (i == docs / 2) {
            writer.flush();
          }
        }
        writer.forceMerge(1);
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = newSearcher(reader, false);
        for (float least : new float[] {0.95f, 0.99f, 0.9999f}) {
          FindAllQuery query =
              new FindAllQuery(
                  SearchIndex.FIELD,
                  target,
                  new SimilarityThreshold(similarity, least),
                  FindAllQuery.Mode.FAST,
                  Long.MAX_VALUE,
                  Cancellation.NONE);
          assertEquals(EQUAL, searcher.count(query));
          FindAllQuery rewritten = (FindAllQuery) searcher.rewrite(query);
          assertEquals(EQUAL, searcher.search(rewritten, 2 * EQUAL).scoreDocs.length);
          assertTrue(rewritten.executed().skipped() > 0);
          if (least >= 0.99f) {
            // So few that bounds, if asked at all, are proofs.
            assertEquals(1, rewritten.executed().expectedRecall(), 1e-4);
          }
        }
      }
    }
  }
}
