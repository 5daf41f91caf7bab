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
package dev.matryoshka.monitor;

import java.util.List;
import java.util.concurrent.Executor;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.util.concurrent.EsExecutors;
import org.elasticsearch.threadpool.ExecutorBuilder;
import org.elasticsearch.threadpool.FixedExecutorBuilder;
import org.elasticsearch.threadpool.ThreadPool;

/**
 * The threads that compare searches: few, and none that searches run on, so that an audit takes
 * longer rather than anything from them. Live sampling has one more of its own, since its pauses
 * would hold up audits.
 */
public final class AuditThreads {

  private static final String NAME = "matryoshka_audit";
  private static final String SAMPLING_NAME = "matryoshka_sampling";

  /** One thread for so many processors. */
  private static final int PROCESSORS_PER_THREAD = 4;

  private static final int QUEUE = 1000;

  private AuditThreads() {}

  /**
   * What the plugin registers; the settings are {@code thread_pool.matryoshka_audit.*} and {@code
   * thread_pool.matryoshka_sampling.*}.
   */
  public static List<ExecutorBuilder<?>> builders(Settings settings) {
    int threads = Math.max(1, EsExecutors.allocatedProcessors(settings) / PROCESSORS_PER_THREAD);
    return List.of(builder(settings, NAME, threads), builder(settings, SAMPLING_NAME, 1));
  }

  private static ExecutorBuilder<?> builder(Settings settings, String name, int threads) {
    return new FixedExecutorBuilder(
        settings,
        name,
        threads,
        QUEUE,
        "thread_pool." + name,
        EsExecutors.TaskTrackingConfig.DO_NOT_TRACK);
  }

  /** The threads of a node for audits. */
  public static Executor of(ThreadPool threadPool) {
    return threadPool.executor(NAME);
  }

  /** The thread of a node for live sampling. */
  public static Executor ofSampling(ThreadPool threadPool) {
    return threadPool.executor(SAMPLING_NAME);
  }
}
