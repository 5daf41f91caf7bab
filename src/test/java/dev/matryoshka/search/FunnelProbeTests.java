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

import dev.matryoshka.BrokenRotation;
import dev.matryoshka.MatryoshkaTestCase;
import dev.matryoshka.audit.AuditReport;
import dev.matryoshka.audit.AuditTally;
import dev.matryoshka.audit.ShardComparison;
import dev.matryoshka.rotation.RotationKind;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;

/** Comparisons of a funnel with exact search, against both run by themselves. */
public class FunnelProbeTests extends MatryoshkaTestCase {

  private static final int DIMS = 96;
  private static final int BITS = 64;
  private static final int K = 10;

  private static Directory index(int docs, int segments) throws IOException {
    Directory directory = new ByteBuffersDirectory();
    var config = SearchIndex.coded(RotationKind.RANDOM, BITS).setUseCompoundFile(false);
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < docs; i++) {
        writer.addDocument(
            SearchIndex.document(
                i, SearchIndex.vector(random(), DIMS), VectorSimilarityFunction.COSINE));
        if (i % (docs / segments) == docs / segments - 1) {
          writer.flush();
        }
      }
      for (int i = 0; i < docs / 20; i++) {
        writer.deleteDocuments(new Term("key", "" + random().nextInt(docs)));
      }
    }
    return directory;
  }

  /** Readers that the test framework wraps others in hide codes. */
  private static IndexSearcher searcher(DirectoryReader reader) {
    return newSearcher(reader, false);
  }

  private static MatryoshkaQuery query(int firstKeep) {
    return SearchIndex.query(
        SearchIndex.vector(random(), DIMS),
        K,
        Stage.hamming(BITS, firstKeep),
        Stage.floats(DIMS, Stage.LAST));
  }

  /** The rank foretells with which first stage a document is found, in one segment exactly. */
  public void testRanksForetellLosses() throws IOException {
    for (int segments : new int[] {1, 3}) {
      try (Directory directory = index(4000, segments);
          DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = searcher(reader);
        MatryoshkaQuery narrow = query(20);
        FunnelProbe probe = new FunnelProbe(searcher, () -> {});
        Comparison comparison = probe.compare(narrow, new int[] {K}, new int[0]);
        List<ScoreDoc> exact = SearchIndex.ranked(reader, narrow.target(), number -> true);
        assertEquals(exact.size(), comparison.accepted());
        for (int i = 0; i < K; i++) {
          int doc = comparison.truth().docs()[i];
          // Another one only where the order of summation decides.
          ScoreDoc same = exact.stream().filter(each -> each.doc == doc).findFirst().orElseThrow();
          assertTrue(Comparison.tied(same.score, exact.get(i).score));
          int rank = comparison.truth().firstStageRanks()[i];
          // A segment of which everything is kept is searched exactly, whatever its codes.
          if (rank < 1000) {
            assertEquals(rank, leastKeep(searcher, narrow.target(), doc, rank));
          }
          boolean lost = comparison.outcomes().getFirst().lostAt()[i] >= 0;
          if (segments == 1) {
            assertEquals(rank > 20, lost);
          }
        }
        assertFound(searcher, narrow, comparison.outcomes().getFirst());
      }
    }
  }

  /** Verifies that a keep of {@code expected} finds a document and one less does not. */
  private static int leastKeep(IndexSearcher searcher, float[] target, int doc, int expected)
      throws IOException {
    boolean found = survives(searcher, target, doc, expected);
    boolean foundWithLess = expected > 1 && survives(searcher, target, doc, expected - 1);
    return found && foundWithLess == false ? expected : -1;
  }

  private static boolean survives(IndexSearcher searcher, float[] target, int doc, int keep)
      throws IOException {
    var everything =
        SearchIndex.query(target, keep, Stage.hamming(BITS, keep), Stage.floats(DIMS, Stage.LAST));
    return Arrays.stream(searcher.search(everything, keep).scoreDocs)
        .anyMatch(hit -> hit.doc == doc);
  }

  private static void assertFound(
      IndexSearcher searcher, MatryoshkaQuery query, Comparison.Outcome outcome)
      throws IOException {
    Set<Integer> found = new HashSet<>();
    for (ScoreDoc hit : searcher.search(query, K).scoreDocs) {
      found.add(hit.doc);
    }
    assertEquals(found, Arrays.stream(outcome.docs()).boxed().collect(Collectors.toSet()));
  }

  /** What has no codes is compared exactly, and no other stage is said to have run. */
  public void testDocumentsWithoutCodesAreCounted() throws IOException {
    for (int docs : new int[] {400, 1800}) {
      try (Directory directory = index(docs, 2);
          DirectoryReader reader = DirectoryReader.open(directory)) {
        FunnelProbe probe = new FunnelProbe(searcher(reader), () -> {});
        List<MatryoshkaQuery> queries =
            List.of(query(20), query(20).aimingAt(RecallTarget.DEFAULT));
        for (MatryoshkaQuery query : queries) {
          Comparison comparison = probe.compare(query, new int[] {K}, new int[0]);
          assertEquals(reader.numDocs(), comparison.accepted());
          assertEquals(docs == 400 ? 0 : reader.numDocs(), comparison.uncoded());
          List<Comparison.StageOutcome> stages = comparison.outcomes().getFirst().stages();
          assertEquals(1, stages.size());
          assertEquals(Stage.floats(DIMS, Stage.LAST).label(), stages.getFirst().label());
          assertEquals(reader.numDocs(), stages.getFirst().compared());
        }
      }
    }
    try (Directory directory = index(2000, 1);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      FunnelProbe probe = new FunnelProbe(searcher(reader), () -> {});
      assertEquals(0, probe.compare(query(20), new int[] {K}, new int[0]).uncoded());
    }
  }

  public void testExcludedDocumentsAreLeftOut() throws IOException {
    try (Directory directory = index(2000, 1);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      MatryoshkaQuery query = query(50);
      FunnelProbe probe = new FunnelProbe(searcher(reader), () -> {});
      int[] ks = {K};
      int best = probe.compare(query, ks, new int[0]).truth().docs()[0];
      Comparison without = probe.compare(query, ks, new int[] {best});
      assertEquals(
          SearchIndex.ranked(reader, query.target(), number -> true).get(1).doc,
          without.truth().docs()[0]);
      for (int doc : without.outcomes().getFirst().docs()) {
        assertNotEquals(best, doc);
      }
    }
  }

  public void testInterrupted() throws IOException {
    try (Directory directory = index(2000, 1);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      Runnable stop =
          () -> {
            throw new IllegalStateException("stop");
          };
      FunnelProbe probe = new FunnelProbe(searcher(reader), stop);
      expectThrows(
          IllegalStateException.class, () -> probe.compare(query(50), new int[] {K}, new int[0]));
    }
  }

  private static AuditReport.AtK audit(Directory directory) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      FunnelProbe probe = new FunnelProbe(searcher(reader), () -> {});
      AuditTally tally = new AuditTally(new int[] {K}, 5);
      for (int q = 0; q < 20; q++) {
        Comparison comparison = probe.compare(query(200), new int[] {K}, new int[0]);
        tally.add(
            "" + q,
            List.of(new ShardComparison(0, comparison, new int[0])),
            List.of(new AuditTally.ShardName("index", 0)),
            List.of());
      }
      return tally.report().results().getFirst();
    }
  }

  /** Without any label: the ranks of the true answers tell that the first stage is blind. */
  public void testBrokenRotationIsFlagged() throws IOException {
    try (Directory directory = index(4000, 1)) {
      AuditReport.AtK sound = audit(directory);
      assertTrue(
          sound.findings().toString(),
          sound.findings().stream().noneMatch(each -> each.contains("hardly tells")));
      breakRotation(directory);
      AuditReport.AtK broken = audit(directory);
      assertTrue(
          broken.toString(),
          broken.findings().getFirst().contains("[hamming[64 bits]] hardly tells near from far"));
      assertTrue(broken.recall().mean() < sound.recall().mean() - 0.2);
    }
  }

  private static void breakRotation(Directory directory) throws IOException {
    String name =
        Arrays.stream(directory.listAll())
            .filter(file -> file.endsWith(".veb"))
            .findFirst()
            .orElseThrow();
    byte[] bytes;
    try (IndexInput in = directory.openInput(name, IOContext.READONCE)) {
      bytes = new byte[(int) in.length()];
      in.readBytes(bytes, 0, bytes.length);
    }
    BrokenRotation.breakIn(bytes, BITS, DIMS, random());
    directory.deleteFile(name);
    try (IndexOutput out = directory.createOutput(name, IOContext.DEFAULT)) {
      out.writeBytes(bytes, bytes.length);
    }
  }
}
