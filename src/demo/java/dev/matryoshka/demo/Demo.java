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

import com.fasterxml.jackson.databind.JsonNode;
import dev.matryoshka.server.ServerException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Finds nouns of WordNet by what they mean, on a server with the plugin. Started by {@code
 * bin/demo}, which reads the command line.
 */
public final class Demo {
  private static final int GLOSS_CHARS = 90;

  private final Path directory;
  private final PrintStream out;
  private final TextEmbedder embedder;

  private Demo(Path directory, PrintStream out) throws IOException {
    this.directory = directory;
    this.out = out;
    this.embedder = new TextEmbedder();
  }

  /**
   * @param args a directory for files of the demo, how many nouns to index, "true" to leave the
   *     server running, and what to search for, or an empty string for prepared searches
   */
  public static void main(String... args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    int docs = Integer.parseInt(args[1]);
    boolean keep = Boolean.parseBoolean(args[2]);
    List<Search> searches = args[3].isBlank() ? Search.PREPARED : List.of(Search.of(args[3]));
    try {
      new Demo(Path.of(args[0]), out).run(docs, keep, searches);
    } catch (ServerException e) {
      out.println("\n" + e.getMessage());
      System.exit(1);
    }
  }

  private void run(int docs, boolean keep, List<Search> searches) throws IOException {
    List<Noun> nouns = new WordNet().nouns(docs);
    Path keptServer = directory.resolve("kept-server");
    DemoServer kept = DemoServer.kept(keptServer);
    long indexed = kept == null ? NounIndex.NONE : new NounIndex(kept.client()).count();
    if (indexed == nouns.size()) {
      out.println("Searching the server kept before at " + kept.address());
      search(kept, searches);
      findAll(kept, searches);
      explainHowToGoOn(kept);
      return;
    }
    if (indexed != NounIndex.NONE) {
      out.printf(
          "The server kept before has %,d nouns; a new one starts. To end the old one:%n  %s%n",
          indexed, kept.howToStop());
    }
    GlossVectors vectors =
        GlossVectors.of(nouns, embedder, directory.resolve("bge-small-en-v1.5-q.vectors"), out);
    try (DemoServer server = DemoServer.start(out)) {
      new NounIndex(server.client()).fill(nouns, vectors, out);
      search(server, searches);
      findAll(server, searches);
      if (keep) {
        server.keep(keptServer);
        explainHowToGoOn(server);
      } else {
        out.println("\nStopping the server. bin/demo --keep leaves it running to go on by hand.");
      }
    }
  }

  private void search(DemoServer server, List<Search> searches) throws IOException {
    NounIndex index = new NounIndex(server.client());
    for (Search search : searches) {
      String vector = NounIndex.base64(embedder.query(search.words()));
      Files.writeString(directory.resolve("search.json"), search.body(vector));
      JsonNode result = index.search(search.body(vector));
      out.printf("%n\"%s\"   (%s ms)%n", search.words(), result.get("took"));
      search.options().forEach(option -> out.println(option.indent(4).stripTrailing()));
      for (JsonNode hit : result.at("/hits/hits")) {
        show(hit);
      }
    }
  }

  private void findAll(DemoServer server, List<Search> searches) throws IOException {
    if (searches != Search.PREPARED) {
      return;
    }
    NounIndex index = new NounIndex(server.client());
    for (KindSearch search : KindSearch.PREPARED) {
      String vector = NounIndex.base64(embedder.query(search.kind()));
      String except =
          search.except() == null ? null : NounIndex.base64(embedder.query(search.except()));
      long wanted = index.search(search.count()).at("/hits/total/value").asLong();
      out.printf("%n%s   (WordNet has %,d of them here)%n", search.title(), wanted);
      out.println("                            found   right   precision   recall     ms");
      for (double similarity : KindSearch.SIMILARITIES) {
        String body = search.above(similarity, vector, except);
        Files.writeString(directory.resolve("find-all.json"), body);
        show("similarity at least " + similarity, index.search(body), wanted);
      }
      show("the top " + KindSearch.TOP, index.search(search.top(vector, except)), wanted);
    }
  }

  private void show(String what, JsonNode result, long wanted) {
    long found = result.at("/hits/total/value").asLong();
    long right = result.at("/aggregations/right/doc_count").asLong();
    out.printf(
        Locale.ROOT,
        "  %-24s %,7d %,7d %10.2f %9.2f %6s%n",
        what,
        found,
        right,
        (double) right / Math.max(1, found),
        (double) right / Math.max(1, wanted),
        result.get("took"));
  }

  private void show(JsonNode hit) {
    StringBuilder lemmas = new StringBuilder();
    hit.at("/_source/lemmas")
        .forEach(lemma -> lemmas.append(lemmas.isEmpty() ? "" : ", ").append(lemma.asText()));
    String gloss = hit.at("/_source/gloss").asText();
    String shown =
        gloss.length() <= GLOSS_CHARS ? gloss : gloss.substring(0, GLOSS_CHARS - 1) + "…";
    out.printf(Locale.ROOT, "  %.4f  %s: %s%n", hit.get("_score").asDouble(), lemmas, shown);
  }

  private void explainHowToGoOn(DemoServer server) {
    String index = server.address() + "/" + NounIndex.NAME;
    out.printf(
        """

        The server keeps running. Go on by hand:
          curl '%1$s/_mapping?pretty'
          curl '%1$s/_search?q=gloss:music&pretty'
        the last search again (edit the file: k, filter, stages):
          curl -H 'Content-Type: application/json' '%1$s/_search?pretty' -d @'%2$s'
        what these searches lose, measured:
          curl -H 'Content-Type: application/json' '%1$s/_matryoshka/recall?pretty' \\
            -d '{ "field": "meaning", "sample": { "size": 50 } }'
        other words:
          bin/demo "a musical instrument with strings"
        and when you are done:
          %3$s
        """,
        index, directory.resolve("search.json"), server.howToStop());
  }
}
