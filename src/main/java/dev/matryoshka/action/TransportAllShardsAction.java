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

import dev.matryoshka.monitor.AuditThreads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.elasticsearch.ExceptionsHelper;
import org.elasticsearch.action.NoShardAvailableActionException;
import org.elasticsearch.action.support.ActionFilters;
import org.elasticsearch.action.support.PlainActionFuture;
import org.elasticsearch.action.support.TransportActions;
import org.elasticsearch.action.support.broadcast.BroadcastShardOperationFailedException;
import org.elasticsearch.action.support.broadcast.TransportBroadcastAction;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.ProjectState;
import org.elasticsearch.cluster.block.ClusterBlockException;
import org.elasticsearch.cluster.block.ClusterBlockLevel;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.project.ProjectResolver;
import org.elasticsearch.cluster.routing.SearchShardRouting;
import org.elasticsearch.cluster.routing.ShardRouting;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.search.SearchService;
import org.elasticsearch.search.internal.SearchContext;
import org.elasticsearch.search.internal.ShardSearchRequest;
import org.elasticsearch.tasks.CancellableTask;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.transport.TransportService;

/**
 * Asks one copy of every shard, on the audit's own threads, with a search context: shards see
 * exactly the documents that a search of the same caller would. One failing shard fails the whole,
 * since an answer about a part of an index is an answer to another question.
 *
 * @param <S> what is asked
 * @param <A> what a shard answers
 */
abstract class TransportAllShardsAction<S extends Writeable, A extends Writeable>
    extends TransportBroadcastAction<
        AllShardsRequest<S>, AllShardsResponse<A>, OneShardRequest<S>, OneShardResponse<A>> {

  private static final ClusterBlockLevel READ = ClusterBlockLevel.READ;

  private final SearchService searchService;
  private final ProjectResolver projectResolver;
  private final Writeable.Reader<A> answerReader;

  TransportAllShardsAction(
      String name,
      ClusterService clusterService,
      TransportService transportService,
      SearchService searchService,
      ActionFilters actionFilters,
      ProjectResolver projectResolver,
      IndexNameExpressionResolver resolver,
      Writeable.Reader<S> specReader,
      Writeable.Reader<A> answerReader) {
    super(
        name,
        clusterService,
        transportService,
        actionFilters,
        resolver,
        in -> new AllShardsRequest<>(in, specReader),
        in -> new OneShardRequest<>(in, specReader),
        AuditThreads.of(transportService.getThreadPool()));
    this.searchService = searchService;
    this.projectResolver = projectResolver;
    this.answerReader = answerReader;
  }

  /**
   * Answers for one shard.
   *
   * @param interrupt throws once the request was cancelled
   */
  abstract A answer(S spec, SearchContext context, Runnable interrupt) throws IOException;

  @Override
  protected final OneShardResponse<A> shardOperation(OneShardRequest<S> request, Task task)
      throws IOException {
    Runnable interrupt = ((CancellableTask) task)::ensureNotCancelled;
    interrupt.run();
    waitForRefresh(request.shardId());
    ShardSearchRequest search =
        new ShardSearchRequest(
            request.shardId(), System.currentTimeMillis(), request.aliasFilter());
    try (SearchContext context =
        searchService.createSearchContext(search, SearchService.NO_TIMEOUT)) {
      context.searcher().addQueryCancellation(interrupt);
      context.getSearchExecutionContext().setAliasFilter(request.aliasFilter().getQueryBuilder());
      return new OneShardResponse<>(request.shardId(), answer(request.spec(), context, interrupt));
    }
  }

  /** As searches do: shards that have not been searched for a while do not refresh themselves. */
  private void waitForRefresh(ShardId shard) {
    PlainActionFuture<Boolean> active = new PlainActionFuture<>();
    searchService
        .getIndicesService()
        .indexServiceSafe(shard.getIndex())
        .getShard(shard.id())
        .ensureShardSearchActive(active::onResponse);
    active.actionGet();
  }

  @Override
  protected final OneShardRequest<S> newShardRequest(
      int shards, ShardRouting shard, AllShardsRequest<S> request) {
    ProjectState project = project();
    var expressions =
        indexNameExpressionResolver.resolveExpressionsIgnoringRemotes(
            project.metadata(), request.indices());
    return new OneShardRequest<>(
        shard.shardId(),
        request,
        searchService.buildAliasFilter(project, shard.getIndexName(), expressions));
  }

  @Override
  protected final List<SearchShardRouting> shards(
      ClusterState state, AllShardsRequest<S> request, String[] concreteIndices) {
    ProjectState project = project();
    var routing =
        indexNameExpressionResolver.resolveSearchRouting(
            project.metadata(), null, request.indices());
    return clusterService
        .operationRouting()
        .searchShards(project, concreteIndices, routing, "_local");
  }

  @Override
  protected final AllShardsResponse<A> newResponse(
      AllShardsRequest<S> request, AtomicReferenceArray<?> responses, ClusterState state) {
    List<OneShardResponse<A>> shards = new ArrayList<>();
    for (int i = 0; i < responses.length(); i++) {
      if (responses.get(i) instanceof BroadcastShardOperationFailedException failure) {
        throw reason(failure);
      }
      @SuppressWarnings("unchecked")
      OneShardResponse<A> response = (OneShardResponse<A>) responses.get(i);
      shards.add(response);
    }
    return new AllShardsResponse<>(shards);
  }

  static RuntimeException reason(BroadcastShardOperationFailedException failure) {
    // A copy that is still starting, or moving, is as good as none, and will be there soon.
    if (TransportActions.isShardNotAvailableException(failure.getCause())) {
      return new NoShardAvailableActionException(
          failure.getShardId(), "no copy of shard " + failure.getShardId() + " is available");
    }
    return failure.getCause() instanceof Exception cause
        ? ExceptionsHelper.convertToRuntime(cause)
        : failure;
  }

  private ProjectState project() {
    return projectResolver.getProjectState(clusterService.state());
  }

  @Override
  protected final OneShardResponse<A> readShardResponse(StreamInput in) throws IOException {
    return new OneShardResponse<>(in, answerReader);
  }

  @Override
  protected final ClusterBlockException checkGlobalBlock(
      ClusterState state, AllShardsRequest<S> request) {
    return state.blocks().globalBlockedException(projectResolver.getProjectId(), READ);
  }

  @Override
  protected final ClusterBlockException checkRequestBlock(
      ClusterState state, AllShardsRequest<S> request, String[] concreteIndices) {
    return state
        .blocks()
        .indicesBlockedException(projectResolver.getProjectId(), READ, concreteIndices);
  }
}
