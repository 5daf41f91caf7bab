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
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.ResolvedIndices;
import org.elasticsearch.action.support.ActionFilters;
import org.elasticsearch.action.support.TransportAction;
import org.elasticsearch.client.internal.ParentTaskAssigningClient;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.project.ProjectResolver;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.Randomness;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.core.Releasable;
import org.elasticsearch.core.Releasables;
import org.elasticsearch.index.query.BoolQueryBuilder;
import org.elasticsearch.index.query.QueryBuilder;
import org.elasticsearch.index.query.Rewriteable;
import org.elasticsearch.indices.breaker.CircuitBreakerService;
import org.elasticsearch.injection.guice.Inject;
import org.elasticsearch.search.SearchService;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.transport.TransportService;

/**
 * Leads an audit: draws the queries if it has to, then sends them to the shards in small batches
 * one after the other. Between batches it can be cancelled, and everything else gets its turn.
 */
public final class TransportRecallAction extends TransportAction<RecallRequest, RecallResponse> {

  /** Most queries of a batch. */
  private static final int BATCH = 16;

  /** Most queries times k of a batch, for the answers of shards to stay small. */
  private static final int BATCH_TIMES_K = 50_000;

  private final ClusterService clusterService;
  private final TransportService transportService;
  private final SearchService searchService;
  private final ProjectResolver projectResolver;
  private final IndexNameExpressionResolver resolver;
  private final NodeClient client;
  private final CircuitBreaker breaker;

  @Inject
  public TransportRecallAction(
      ClusterService clusterService,
      TransportService transportService,
      SearchService searchService,
      ActionFilters actionFilters,
      ProjectResolver projectResolver,
      IndexNameExpressionResolver resolver,
      NodeClient client,
      CircuitBreakerService breakers) {
    super(
        RecallAction.NAME,
        actionFilters,
        transportService.getTaskManager(),
        AuditThreads.of(transportService.getThreadPool()));
    this.clusterService = clusterService;
    this.transportService = transportService;
    this.searchService = searchService;
    this.projectResolver = projectResolver;
    this.resolver = resolver;
    this.client = client;
    this.breaker = breakers.getBreaker(CircuitBreaker.REQUEST);
  }

  @Override
  protected void doExecute(
      Task task, RecallRequest request, ActionListener<RecallResponse> listener) {
    Audit audit = new Audit((RecallTask) task, request, listener);
    if (request.filters().isEmpty()) {
      audit.start(List.of());
      return;
    }
    long now = System.currentTimeMillis();
    ResolvedIndices indices =
        ResolvedIndices.resolveWithIndicesRequest(
            request,
            projectResolver.getProjectState(clusterService.state()).metadata(),
            resolver,
            transportService.getRemoteClusterService(),
            now);
    BoolQueryBuilder all = new BoolQueryBuilder();
    request.filters().forEach(all::filter);
    Rewriteable.rewriteAndFetch(
        (QueryBuilder) all,
        searchService.getRewriteContext(
            () -> now, clusterService.state().getMinTransportVersion(), null, indices, null, null),
        AuditThreads.of(transportService.getThreadPool()),
        listener.delegateFailureAndWrap((delegate, rewritten) -> audit.start(List.of(rewritten))));
  }

  /** One audit; its steps run one after the other. */
  private final class Audit {
    private final RecallTask task;
    private final RecallRequest request;
    private final ActionListener<RecallResponse> listener;
    private final ParentTaskAssigningClient shards;
    private final RecallCollector collector;
    private final long startNanos = System.nanoTime();
    private List<QueryBuilder> filters;
    private List<AuditQuery> queries;
    private Long seed;
    private int shardCount;
    private int done;

    Audit(RecallTask task, RecallRequest request, ActionListener<RecallResponse> listener) {
      this.task = task;
      this.request = request;
      this.listener = listener;
      this.shards = new ParentTaskAssigningClient(client, clusterService.localNode(), task);
      int[] ks = request.ks().stream().mapToInt(Integer::intValue).toArray();
      this.collector = new RecallCollector(ks, request.worst());
    }

    void start(List<QueryBuilder> rewrittenFilters) {
      filters = rewrittenFilters;
      if (request.sample() == null) {
        compare(request.queries());
        return;
      }
      seed = request.sample().seed();
      if (seed == null) {
        // Small enough for every JSON parser to keep.
        seed = (long) Randomness.get().nextInt(Integer.MAX_VALUE);
      }
      draw(new QuerySample(request));
    }

    private void draw(QuerySample sample) {
      if (task.notifyIfCancelled(listener)) {
        return;
      }
      SampleSpec spec =
          new SampleSpec(request.field(), sample.asked(), seed, request.sample().source());
      shards.execute(
          SampleAction.type(),
          new AllShardsRequest<>(request, spec),
          listener.delegateFailureAndWrap(
              (delegate, drawn) -> {
                if (sample.add(drawn.shards())) {
                  shardCount = drawn.shards().size();
                  compare(sample.queries());
                } else {
                  draw(sample);
                }
              }));
    }

    private void checkMapped(boolean mapped) {
      if (mapped == false) {
        throw new IllegalArgumentException(
            "no field [" + request.field() + "] in " + List.of(request.indices()));
      }
    }

    private void compare(List<AuditQuery> all) {
      queries = all;
      next();
    }

    private void next() {
      task.progress(queries.size(), done);
      if (task.notifyIfCancelled(listener)) {
        return;
      }
      if (done == queries.size()) {
        finish();
        return;
      }
      CompareSpec all =
          new CompareSpec(
              request.field(),
              request.ks(),
              request.stages(),
              request.recall(),
              filters,
              List.of());
      // The first query by itself tells how many shards there are, if nothing was drawn.
      int size = shardCount == 0 ? 1 : Math.clamp(BATCH_TIMES_K / all.largestK(), 1, BATCH);
      List<AuditQuery> batch = queries.subList(done, Math.min(queries.size(), done + size));
      CompareSpec spec =
          new CompareSpec(
              request.field(), request.ks(), request.stages(), request.recall(), filters, batch);
      long bytes = shardCount * spec.answerBytes();
      breaker.addEstimateBytesAndMaybeBreak(bytes, RecallAction.NAME);
      Releasable memory = Releasables.releaseOnce(() -> breaker.addWithoutBreaking(-bytes));
      shards.execute(
          CompareAction.type(),
          new AllShardsRequest<>(request, spec),
          ActionListener.releaseBefore(memory, listener)
              .delegateFailureAndWrap(
                  (delegate, facts) -> {
                    if (done == 0) {
                      checkRatings(facts.shards());
                    }
                    collector.add(batch, facts.shards());
                    checkMapped(collector.mapped());
                    shardCount = facts.shards().size();
                    done += batch.size();
                    memory.close();
                    next();
                  }));
    }

    /** A rating of another index would count as a document that was not found. */
    private void checkRatings(List<OneShardResponse<CompareAnswer>> shards) {
      Set<String> audited = new TreeSet<>();
      shards.forEach(shard -> audited.add(shard.getShardId().getIndexName()));
      for (AuditQuery query : queries) {
        for (Rating rating : query.ratings()) {
          if (rating.index() != null && audited.contains(rating.index()) == false) {
            throw new IllegalArgumentException(
                "[_index] of [ratings] must be one of "
                    + audited
                    + " but was ["
                    + rating.index()
                    + "]");
          }
        }
      }
    }

    private void finish() {
      long millis = (System.nanoTime() - startNanos) / 1_000_000;
      listener.onResponse(
          new RecallResponse(
              request.field(),
              seed,
              collector.shards(),
              millis,
              collector.tally().report(),
              request.details()));
    }
  }
}
