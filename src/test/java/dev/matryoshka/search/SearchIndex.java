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

import dev.matryoshka.codec.CodecOptions;
import dev.matryoshka.codec.MatryoshkaVectorsFormat;
import dev.matryoshka.codec.VectorElement;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.tests.util.TestUtil;
import org.apache.lucene.util.Bits;

/** Documents, writer configurations, and exact search for tests of the query. */
final class SearchIndex {

  static final String FIELD = "v";

  private SearchIndex() {}

  /** Every flush writes a segment, coded from 1024 vectors on. */
  static IndexWriterConfig coded(RotationKind kind, Integer... levels) {
    return config(
        TestUtil.alwaysKnnVectorsFormat(
            new MatryoshkaVectorsFormat(
                new CodecOptions(VectorElement.FLOAT, kind, List.of(levels)))));
  }

  /** Lucene's own format, as in an index that another engine has written. */
  static IndexWriterConfig foreign() {
    return config(TestUtil.getDefaultCodec());
  }

  static IndexWriterConfig config(Codec codec) {
    return new IndexWriterConfig()
        .setCodec(codec)
        .setRAMBufferSizeMB(256)
        .setMergePolicy(NoMergePolicy.INSTANCE);
  }

  /** Around a common centre; what is tested with it are rules, never recall. */
  static float[] vector(Random random, int dims) {
    float[] vector = new float[dims];
    for (int d = 0; d < dims; d++) {
      vector[d] = (float) random.nextGaussian() + 0.5f;
    }
    return vector;
  }

  /** A document with a key to delete it by and a number to filter by. */
  static Document document(int id, float[] vector, VectorSimilarityFunction similarity) {
    Document document = new Document();
    document.add(new StringField("key", "" + id, Field.Store.NO));
    document.add(new IntPoint("number", id));
    document.add(new NumericDocValuesField("number", id));
    if (vector != null) {
      document.add(new KnnFloatVectorField(FIELD, vector, similarity));
    }
    return document;
  }

  static MatryoshkaQuery query(float[] target, int k, Stage... stages) {
    return new MatryoshkaQuery(
        FIELD,
        target,
        k,
        null,
        stages.length == 0 ? null : List.of(stages),
        null,
        Cancellation.NONE);
  }

  /** Every live document with a vector and its exact score, best first, ties to the lowest. */
  static List<ScoreDoc> ranked(IndexReader reader, float[] target, IntPredicate acceptedNumbers)
      throws IOException {
    List<ScoreDoc> all = new ArrayList<>();
    for (LeafReaderContext leaf : reader.leaves()) {
      FloatVectorValues values = leaf.reader().getFloatVectorValues(FIELD);
      if (values == null) {
        continue;
      }
      var similarity = leaf.reader().getFieldInfos().fieldInfo(FIELD).getVectorSimilarityFunction();
      var numbers = leaf.reader().getNumericDocValues("number");
      Bits live = leaf.reader().getLiveDocs();
      KnnVectorValues.DocIndexIterator iterator = values.iterator();
      for (int doc = iterator.nextDoc();
          doc != DocIdSetIterator.NO_MORE_DOCS;
          doc = iterator.nextDoc()) {
        numbers.advanceExact(doc);
        if ((live == null || live.get(doc)) && acceptedNumbers.test((int) numbers.longValue())) {
          float score = similarity.compare(target, values.vectorValue(iterator.index()));
          all.add(new ScoreDoc(leaf.docBase + doc, score));
        }
      }
    }
    all.sort(
        Comparator.comparing((ScoreDoc hit) -> -hit.score)
            .thenComparing((ScoreDoc hit) -> hit.doc));
    return all;
  }
}
