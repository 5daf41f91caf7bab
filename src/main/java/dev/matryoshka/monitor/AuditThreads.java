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

import java.util.concurrent.Executor;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.util.concurrent.EsExecutors;
import org.elasticsearch.threadpool.ExecutorBuilder;
import org.elasticsearch.threadpool.FixedExecutorBuilder;
import org.elasticsearch.threadpool.ThreadPool;

/**
 * The threads that compare searches: few, and none that searches run on, so that an audit takes
 * longer rather than anything from them.
 */
public final class AuditThreads {

  private static final String NAME = "matryoshka_audit";

  /** One thread for so many processors. */
  private static final int PROCESSORS_PER_THREAD = 4;

  private static final int QUEUE = 1000;

  private AuditThreads() {}

  /** What the plugin registers; its settings are {@code thread_pool.matryoshka_audit.*}. */
  public static ExecutorBuilder<?> builder(Settings settings) {
    int threads = Math.max(1, EsExecutors.allocatedProcessors(settings) / PROCESSORS_PER_THREAD);
    return new FixedExecutorBuilder(
        settings,
        NAME,
        threads,
        QUEUE,
        "thread_pool." + NAME,
        EsExecutors.TaskTrackingConfig.DO_NOT_TRACK);
  }

  /** The threads of a node. */
  public static Executor of(ThreadPool threadPool) {
    return threadPool.executor(NAME);
  }
}
