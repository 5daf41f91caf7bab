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

import org.elasticsearch.telemetry.metric.DoubleWithAttributes;
import org.elasticsearch.telemetry.metric.LongWithAttributes;
import org.elasticsearch.telemetry.metric.MeterRegistry;

/** Metrics of a node, read when somebody collects them. */
public final class NodeMetrics {

  private NodeMetrics() {}

  /** Registers the metrics, which add up the shards that are on the node. */
  public static void register(MeterRegistry registry, SearchMonitor monitor) {
    registry.registerLongGauge(
        "es.matryoshka.searches.current",
        "Funnels that ran on the shards that are on this node",
        "count",
        () -> new LongWithAttributes(monitor.counts().searches()));
    registry.registerLongGauge(
        "es.matryoshka.recall.sampled.current",
        "Searches among them that were compared with exact search",
        "count",
        () -> new LongWithAttributes(monitor.counts().liveRecall().queries()));
    registry.registerDoubleGauge(
        "es.matryoshka.recall.ratio",
        "Mean recall of the compared searches, 1 without any",
        "ratio",
        () -> {
          LiveRecall recall = monitor.counts().liveRecall();
          return new DoubleWithAttributes(recall.queries() == 0 ? 1 : recall.mean());
        });
  }
}
