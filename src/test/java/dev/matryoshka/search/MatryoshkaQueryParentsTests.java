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

import com.carrotsearch.randomizedtesting.generators.RandomPicks;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LogByteSizeMergePolicy;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.join.BitSetProducer;
import org.apache.lucene.search.join.QueryBitSetProducer;
import org.apache.lucene.store.Directory;

/** Nested vectors: each parent once, by its best child, and as many parents as were asked for. */
public class MatryoshkaQueryParentsTests extends MatryoshkaTestCase {

  private static final int DIMS = 64;
  private static final Stage LAST = Stage.floats(DIMS, Stage.LAST);
  private static final BitSetProducer PARENTS =
      new QueryBitSetProducer(new TermQuery(new Term("type", "parent")));

  private int nextNumber;

  private void addBlock(IndexWriter writer, VectorSimilarityFunction similarity, float[]... vectors)
      throws IOException {
    List<Document> block = new ArrayList<>();
    for (float[] vector : vectors) {
      block.add(SearchIndex.document(nextNumber++, vector, similarity));
    }
    Document parent = new Document();
    parent.add(new StringField("type", "parent", Field.Store.NO));
    block.add(parent);
    writer.addDocuments(block);
  }

  private static int parent(DirectoryReader reader, int doc) throws IOException {
    var leaf = reader.leaves().get(ReaderUtil.subIndex(doc, reader.leaves()));
    return leaf.docBase + PARENTS.getBitSet(leaf).nextSetBit(doc - leaf.docBase);
  }

  private static ScoreDoc[] search(
      DirectoryReader reader, float[] target, int k, Query filter, List<Stage> stages)
      throws IOException {
    return search(
        reader,
        k,
        new MatryoshkaQuery(
            SearchIndex.FIELD, target, k, filter, stages, PARENTS, Cancellation.NONE));
  }

  private static ScoreDoc[] search(DirectoryReader reader, int k, Query query) throws IOException {
    ScoreDoc[] hits = new IndexSearcher(reader).search(query, Math.min(k, 10_000)).scoreDocs;
    Set<Integer> parents = new HashSet<>();
    for (ScoreDoc hit : hits) {
      assertTrue("each parent once", parents.add(parent(reader, hit.doc)));
    }
    return hits;
  }

  private static void assertSameScores(List<ScoreDoc> expected, ScoreDoc[] hits) {
    assertEquals(expected.size(), hits.length);
    for (int i = 0; i < hits.length; i++) {
      assertEquals(expected.get(i).score, hits[i].score, 1e-5f * (1 + hits[i].score));
    }
  }

  private static FindAllQuery everything(float[] target, VectorSimilarityFunction similarity) {
    float least =
        switch (similarity) {
          case COSINE -> -1;
          case EUCLIDEAN -> 1e6f;
          case DOT_PRODUCT, MAXIMUM_INNER_PRODUCT -> -1e6f;
        };
    return new FindAllQuery(
        SearchIndex.FIELD,
        target,
        new SimilarityThreshold(similarity, least),
        FindAllQuery.Mode.LOSSLESS,
        Long.MAX_VALUE,
        Cancellation.NONE);
  }

  public void testBestChildrenOfRandomBlocks() throws IOException {
    VectorSimilarityFunction similarity =
        RandomPicks.randomFrom(random(), VectorSimilarityFunction.values());
    try (Directory directory = newDirectory()) {
      for (int segment = 0; segment < 3; segment++) {
        try (IndexWriter writer =
            new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, 64))) {
          int first = nextNumber;
          while (nextNumber - first < 1100) {
            float[][] children = new float[random().nextInt(8)][];
            for (int i = 0; i < children.length; i++) {
              // Children are sometimes without a vector.
              children[i] = random().nextInt(6) == 0 ? null : SearchIndex.vector(random(), DIMS);
            }
            addBlock(writer, similarity, children);
          }
          for (int i = 0; i < 50; i++) {
            int gone = first + random().nextInt(1100);
            writer.deleteDocuments(new Term("key", "" + gone));
          }
        }
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        for (int k : new int[] {1, 10, 100, 10_000}) {
          float[] target = SearchIndex.vector(random(), DIMS);
          List<ScoreDoc> expected = new ArrayList<>();
          Set<Integer> parents = new HashSet<>();
          for (ScoreDoc child : SearchIndex.ranked(reader, target, number -> true)) {
            if (parents.add(parent(reader, child.doc)) && expected.size() < k) {
              expected.add(child);
            }
          }
          int all = nextNumber + 10;
          for (List<Stage> stages : List.of(List.of(LAST), List.of(Stage.hamming(64, all), LAST))) {
            assertSameScores(expected, search(reader, target, k, null, stages));
          }
          // Chosen among far more than the wanted number, as they come.
          assertSameScores(
              expected,
              search(
                  reader, k, new BestAboveQuery(everything(target, similarity), k, null, PARENTS)));
        }
      }
    }
  }

  /** One parent's children are all nearer than any other's, and more than any stage keeps. */
  public void testOneParentCrowdsTheOthers() throws IOException {
    for (VectorSimilarityFunction similarity :
        new VectorSimilarityFunction[] {
          VectorSimilarityFunction.COSINE, VectorSimilarityFunction.EUCLIDEAN
        }) {
      nextNumber = 0;
      try (Directory directory = newDirectory()) {
        float[] target = SearchIndex.vector(random(), DIMS);
        try (IndexWriter writer =
            new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, 64))) {
          float[][] crowd = new float[6000][];
          for (int i = 0; i < crowd.length; i++) {
            crowd[i] = target.clone();
            crowd[i][random().nextInt(DIMS)] += 0.1f * random().nextFloat();
          }
          addBlock(writer, similarity, crowd);
          for (int i = 0; i < 40; i++) {
            addBlock(
                writer,
                similarity,
                SearchIndex.vector(random(), DIMS),
                SearchIndex.vector(random(), DIMS));
          }
        }
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
          Query above = new BestAboveQuery(everything(target, similarity), 10, null, PARENTS);
          assertEquals(10, search(reader, 10, above).length);
          List<List<Stage>> all = new ArrayList<>();
          all.add(null);
          all.add(List.of(LAST));
          all.add(List.of(Stage.hamming(64, 20), LAST));
          all.add(List.of(Stage.hamming(64, 100), Stage.asymmetric(64, 10), LAST));
          all.add(List.of(Stage.floats(8, 15), LAST));
          for (List<Stage> stages : all) {
            String message = similarity + " " + stages;
            ScoreDoc[] hits = search(reader, target, 10, null, stages);
            assertEquals(message, 10, hits.length);
            assertEquals(message, 6000, parent(reader, hits[0].doc));
            assertEquals(message, 41, search(reader, target, 1000, null, stages).length);
          }
          Query aiming =
              new MatryoshkaQuery(
                  SearchIndex.FIELD, target, 10, null, null, PARENTS, Cancellation.NONE);
          String plan = new IndexSearcher(reader).rewrite(aiming).toString();
          assertFalse(plan, plan.contains("first stage predicted="));
          assertTrue(plan, plan.contains("predicted="));
          Query others = IntPoint.newRangeQuery("number", 6000, 6009);
          assertEquals(5, search(reader, target, 10, others, null).length);
        }
      }
    }
  }

  /** Merged segments are calibrated, so that their searches begin with a few hundred vectors. */
  private void addMerged(Directory directory, VectorSimilarityFunction similarity, Blocks blocks)
      throws IOException {
    try (Directory apart = newDirectory()) {
      try (IndexWriter writer =
          new IndexWriter(
              apart,
              SearchIndex.coded(RotationKind.RANDOM, 64)
                  .setMergePolicy(new LogByteSizeMergePolicy()))) {
        blocks.addTo(writer);
        writer.flush();
        addBlock(writer, similarity, vector());
        writer.forceMerge(1);
      }
      try (IndexWriter writer =
          new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, 64))) {
        writer.addIndexes(apart);
      }
    }
  }

  private interface Blocks {
    void addTo(IndexWriter writer) throws IOException;
  }

  /** Of few directions, so that codes tell them apart and a few hundred seem enough. */
  private static float[] vector() {
    float[] vector = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      vector[d] = (float) random().nextGaussian() * (d < 4 ? 1 : 0.001f);
    }
    return vector;
  }

  private static float[][] children(int count, float[] near) {
    float[][] children = new float[count][];
    for (int i = 0; i < count; i++) {
      children[i] = near == null ? vector() : near.clone();
      children[i][random().nextInt(4)] += 0.01f * random().nextFloat();
    }
    return children;
  }

  private static Query aiming(float[] target, int k) {
    return new MatryoshkaQuery(
        SearchIndex.FIELD, target, k, null, null, PARENTS, Cancellation.NONE);
  }

  public void testFewerParentsThanAreAskedFor() throws IOException {
    VectorSimilarityFunction similarity = VectorSimilarityFunction.COSINE;
    try (Directory directory = newDirectory()) {
      addMerged(
          directory,
          similarity,
          writer -> {
            for (int i = 0; i < 8; i++) {
              addBlock(writer, similarity, children(150, null));
            }
          });
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        float[] target = vector();
        assertEquals(9, search(reader, 10, aiming(target, 10)).length);
      }
    }
  }

  public void testOneParentCrowdsTheOthersOfASmallSegment() throws IOException {
    VectorSimilarityFunction similarity = VectorSimilarityFunction.COSINE;
    float[] target = vector();
    float[] opposite = new float[DIMS];
    for (int d = 0; d < DIMS; d++) {
      opposite[d] = -target[d];
    }
    try (Directory directory = newDirectory()) {
      addMerged(
          directory,
          similarity,
          writer -> {
            addBlock(writer, similarity, children(700, target));
            for (int i = 0; i < 20; i++) {
              addBlock(writer, similarity, children(30, null));
            }
          });
      int weak = nextNumber;
      try (IndexWriter writer =
          new IndexWriter(directory, SearchIndex.coded(RotationKind.RANDOM, 64))) {
        for (int i = 0; i < 9; i++) {
          addBlock(writer, similarity, children(1, opposite));
        }
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        List<ScoreDoc> expected = new ArrayList<>();
        Set<Integer> parents = new HashSet<>();
        for (ScoreDoc child : SearchIndex.ranked(reader, target, number -> number < weak)) {
          if (parents.add(parent(reader, child.doc)) && expected.size() < 10) {
            expected.add(child);
          }
        }
        assertSameScores(expected, search(reader, 10, aiming(target, 10)));
      }
    }
  }
}
