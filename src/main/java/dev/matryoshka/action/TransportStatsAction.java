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
package dev.matryoshka.action;

import dev.matryoshka.mapper.MatryoshkaVectorFieldMapper;
import dev.matryoshka.monitor.SearchMonitor;
import dev.matryoshka.monitor.TrainingMonitor;
import dev.matryoshka.search.SegmentFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.ActionFilters;
import org.elasticsearch.action.support.broadcast.node.TransportBroadcastByNodeAction;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.block.ClusterBlockException;
import org.elasticsearch.cluster.block.ClusterBlockLevel;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.project.ProjectResolver;
import org.elasticsearch.cluster.routing.ShardRouting;
import org.elasticsearch.cluster.routing.ShardsIterator;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.index.IndexService;
import org.elasticsearch.index.engine.Engine;
import org.elasticsearch.index.shard.IllegalIndexShardStateException;
import org.elasticsearch.index.shard.IndexShard;
import org.elasticsearch.indices.IndicesService;
import org.elasticsearch.injection.guice.Inject;
import org.elasticsearch.tasks.CancellableTask;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.threadpool.ThreadPool;
import org.elasticsearch.transport.TransportService;

/** Gathers statistics from every copy of every shard. */
public final class TransportStatsAction
    extends TransportBroadcastByNodeAction<StatsRequest, StatsResponse, ShardVectorStats, Void> {

  private final IndicesService indicesService;
  private final ProjectResolver projectResolver;
  private final SearchMonitor monitor;
  private final TrainingMonitor trainings;

  @Inject
  public TransportStatsAction(
      ClusterService clusterService,
      TransportService transportService,
      IndicesService indicesService,
      ActionFilters actionFilters,
      ProjectResolver projectResolver,
      IndexNameExpressionResolver resolver,
      SearchMonitor monitor,
      TrainingMonitor trainings) {
    super(
        StatsAction.NAME,
        clusterService,
        transportService,
        actionFilters,
        resolver,
        StatsRequest::new,
        transportService.getThreadPool().executor(ThreadPool.Names.MANAGEMENT));
    this.indicesService = indicesService;
    this.projectResolver = projectResolver;
    this.monitor = monitor;
    this.trainings = trainings;
  }

  @Override
  protected void shardOperation(
      StatsRequest request,
      ShardRouting routing,
      Task task,
      Void context,
      ActionListener<ShardVectorStats> listener) {
    ActionListener.completeWith(
        listener,
        () -> {
          ((CancellableTask) task).ensureNotCancelled();
          IndexService index = indicesService.indexServiceSafe(routing.shardId().getIndex());
          IndexShard shard = index.getShard(routing.shardId().id());
          return new ShardVectorStats(
              routing.shardId(),
              routing.currentNodeId(),
              routing.primary(),
              segments(shard, request.level() == StatsRequest.Level.SEGMENTS),
              monitor.counts(routing.shardId()),
              trainings.counts(routing.shardId()));
        });
  }

  private static List<SegmentFacts> segments(IndexShard shard, boolean measure) throws IOException {
    List<SegmentFacts> segments = new ArrayList<>();
    List<String> fields = new ArrayList<>();
    for (var mapper : shard.mapperService().mappingLookup().fieldMappers()) {
      if (mapper.typeName().equals(MatryoshkaVectorFieldMapper.CONTENT_TYPE)) {
        fields.add(mapper.fullPath());
      }
    }
    if (shard.isReadAllowed() == false) {
      throw new IllegalIndexShardStateException(
          shard.shardId(), shard.state(), "its segments cannot be read yet");
    }
    try (Engine.Searcher searcher = shard.withEngine(engine -> searcher(engine, shard))) {
      for (LeafReaderContext leaf : searcher.getLeafContexts()) {
        for (String field : fields) {
          SegmentFacts facts = SegmentFacts.of(leaf, field, measure);
          if (facts != null) {
            segments.add(facts);
          }
        }
      }
    }
    return segments;
  }

  /** Not the shard's own way, which takes whoever comes for a search and so starts refreshes. */
  private static Engine.Searcher searcher(Engine engine, IndexShard shard) {
    return engine.acquireSearcher(
        "matryoshka_stats", Engine.SearcherScope.EXTERNAL, shard::wrapSearcher);
  }

  @Override
  protected ShardsIterator shards(
      ClusterState state, StatsRequest request, String[] concreteIndices) {
    return state.routingTable(projectResolver.getProjectId()).allShards(concreteIndices);
  }

  @Override
  protected ResponseFactory<StatsResponse, ShardVectorStats> getResponseFactory(
      StatsRequest request, ClusterState state) {
    return (total, successful, failed, shards, failures) ->
        new StatsResponse(request.level(), shards, total, successful, failed, failures);
  }

  @Override
  protected ShardVectorStats readShardResult(StreamInput in) throws IOException {
    return ShardVectorStats.read(in);
  }

  @Override
  protected StatsRequest readRequestFrom(StreamInput in) throws IOException {
    return new StatsRequest(in);
  }

  @Override
  protected ClusterBlockException checkGlobalBlock(ClusterState state, StatsRequest request) {
    return state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_READ);
  }

  @Override
  protected ClusterBlockException checkRequestBlock(
      ClusterState state, StatsRequest request, String[] concreteIndices) {
    return state
        .blocks()
        .indicesBlockedException(
            projectResolver.getProjectId(), ClusterBlockLevel.METADATA_READ, concreteIndices);
  }
}
