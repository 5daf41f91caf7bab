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

import dev.matryoshka.terminal.ProgressBar;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The vectors of nouns: from the cache, and from the model what is not there yet. */
final class GlossVectors {
  private final VectorCache vectors;

  private GlossVectors(VectorCache vectors) {
    this.vectors = vectors;
  }

  static GlossVectors of(List<Noun> nouns, TextEmbedder embedder, Path cacheFile, PrintStream out)
      throws IOException {
    try (VectorCache cache = new VectorCache(cacheFile)) {
      List<String> missing =
          nouns.stream().map(Noun::text).filter(text -> cache.get(text) == null).toList();
      if (missing.isEmpty()) {
        out.printf("Embedded before: all %,d glosses%n", nouns.size());
      } else {
        int known = nouns.size() - missing.size();
        try (ProgressBar bar = new ProgressBar(out, "Embedding", nouns.size(), known)) {
          embed(missing, embedder, cache, bar);
        }
      }
      return new GlossVectors(cache);
    }
  }

  float[] of(Noun noun) {
    return vectors.get(noun.text());
  }

  private static void embed(
      List<String> texts, TextEmbedder embedder, VectorCache cache, ProgressBar bar)
      throws IOException {
    int cores = Runtime.getRuntime().availableProcessors();
    try (ExecutorService executor = Executors.newFixedThreadPool(cores)) {
      List<Callable<Void>> tasks =
          texts.stream()
              .map(
                  text ->
                      (Callable<Void>)
                          () -> {
                            cache.put(text, embedder.document(text));
                            bar.advance(1);
                            return null;
                          })
              .toList();
      for (Future<Void> done : executor.invokeAll(tasks)) {
        done.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IOException("embedding failed", e);
    }
  }
}
