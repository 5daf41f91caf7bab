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

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.IOException;
import java.io.InputStream;

/**
 * The model bge-small-en-v1.5, quantised to int8, in this process. One text at a time and one
 * thread a text: with several callers that is faster for short texts than the threads inside the
 * model that {@code BgeSmallEnV15QuantizedEmbeddingModel} starts. Thread-safe.
 */
final class TextEmbedder extends AbstractInProcessEmbeddingModel {
  static final int DIMS = 384;

  /** What the authors of the model put before a short query that looks for longer passages. */
  private static final String QUERY_INSTRUCTION =
      "Represent this sentence for searching relevant passages: ";

  private static final String MODEL = "/bge-small-en-v1.5-q.onnx";
  private static final String TOKENIZER = "/bge-small-en-v1.5-q-tokenizer.json";

  private final OnnxBertBiEncoder encoder;

  TextEmbedder() throws IOException {
    super(Runnable::run);
    try (InputStream model = TextEmbedder.class.getResourceAsStream(MODEL);
        InputStream tokenizer = TextEmbedder.class.getResourceAsStream(TOKENIZER)) {
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      OrtSession.SessionOptions options = new OrtSession.SessionOptions();
      options.setIntraOpNumThreads(1);
      OrtSession session = environment.createSession(model.readAllBytes(), options);
      encoder = new OnnxBertBiEncoder(environment, session, tokenizer, PoolingMode.CLS);
    } catch (OrtException e) {
      throw new IOException("cannot load the embedding model", e);
    }
  }

  @Override
  protected OnnxBertBiEncoder model() {
    return encoder;
  }

  float[] document(String text) {
    return embed(text).content().vector();
  }

  float[] query(String words) {
    return document(QUERY_INSTRUCTION + words);
  }
}
