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

import dev.matryoshka.query.MatryoshkaQueryBuilder;
import dev.matryoshka.search.Comparison;
import dev.matryoshka.search.FunnelProbe;
import dev.matryoshka.search.MatryoshkaQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;
import org.elasticsearch.action.support.ActionFilters;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.project.ProjectResolver;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.breaker.CircuitBreaker;
import org.elasticsearch.index.mapper.IdFieldMapper;
import org.elasticsearch.index.query.QueryShardException;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.indices.breaker.CircuitBreakerService;
import org.elasticsearch.injection.guice.Inject;
import org.elasticsearch.search.SearchService;
import org.elasticsearch.search.internal.SearchContext;
import org.elasticsearch.transport.TransportService;

/** Compares queries one after the other; what a comparison holds counts as a request's memory. */
public final class TransportCompareAction
    extends TransportAllShardsAction<CompareSpec, CompareAnswer> {

  private final CircuitBreaker breaker;

  @Inject
  public TransportCompareAction(
      ClusterService clusterService,
      TransportService transportService,
      SearchService searchService,
      ActionFilters actionFilters,
      ProjectResolver projectResolver,
      IndexNameExpressionResolver resolver,
      CircuitBreakerService breakers) {
    super(
        CompareAction.NAME,
        clusterService,
        transportService,
        searchService,
        actionFilters,
        projectResolver,
        resolver,
        CompareSpec::read,
        CompareAnswer::read);
    this.breaker = breakers.getBreaker(CircuitBreaker.REQUEST);
  }

  @Override
  CompareAnswer answer(CompareSpec spec, SearchContext context, Runnable interrupt)
      throws IOException {
    boolean mapped = AuditedField.mapped(context.getSearchExecutionContext(), spec.field());
    FunnelProbe probe = new FunnelProbe(context.searcher(), interrupt);
    List<CompareAnswer.Facts> facts = new ArrayList<>();
    long bytes = probe.bytesNeeded();
    breaker.addEstimateBytesAndMaybeBreak(bytes, RecallAction.NAME);
    try {
      for (AuditQuery query : spec.queries()) {
        interrupt.run();
        facts.add(compare(spec, query, context, probe));
      }
    } finally {
      breaker.addWithoutBreaking(-bytes);
    }
    return new CompareAnswer(mapped, facts);
  }

  private static CompareAnswer.Facts compare(
      CompareSpec spec, AuditQuery query, SearchContext context, FunnelProbe probe)
      throws IOException {
    SearchExecutionContext execution = context.getSearchExecutionContext();
    ShardId shard = context.indexShard().shardId();
    MatryoshkaQueryBuilder builder =
        new MatryoshkaQueryBuilder(
            spec.field(),
            query.vector(),
            null,
            spec.largestK(),
            spec.filters(),
            spec.stages(),
            spec.recall());
    int[] excluded =
        shard.equals(query.source()) ? docs(execution, context.searcher(), query.id()) : new int[0];
    Comparison comparison =
        query(builder, query.id(), execution) instanceof MatryoshkaQuery funnel
            ? probe.compare(funnel, spec.kArray(), excluded)
            : Comparison.nothing(spec.kArray());
    int[] rated = new int[query.ratings().size()];
    for (int i = 0; i < rated.length; i++) {
      Rating rating = query.ratings().get(i);
      boolean here = rating.index() == null || rating.index().equals(shard.getIndexName());
      int[] docs = here ? docs(execution, context.searcher(), rating.id()) : new int[0];
      rated[i] = docs.length == 0 ? -1 : docs[docs.length - 1];
    }
    return new CompareAnswer.Facts(comparison, rated);
  }

  private static Query query(
      MatryoshkaQueryBuilder builder, String id, SearchExecutionContext execution) {
    try {
      return execution.toQuery(builder).query();
    } catch (QueryShardException e) {
      Throwable reason = e.getCause() instanceof IllegalArgumentException cause ? cause : e;
      throw new IllegalArgumentException("query [" + id + "]: " + reason.getMessage(), e);
    }
  }

  /**
   * The live documents of an id, ascending: those that are nested in the document, which have its
   * id too, and last the document itself.
   */
  private static int[] docs(SearchExecutionContext execution, IndexSearcher searcher, String id)
      throws IOException {
    Query byId = execution.getFieldType(IdFieldMapper.NAME).termQuery(id, execution);
    Weight weight = searcher.createWeight(searcher.rewrite(byId), ScoreMode.COMPLETE_NO_SCORES, 1f);
    List<Integer> docs = new ArrayList<>();
    for (LeafReaderContext leaf : searcher.getLeafContexts()) {
      Scorer scorer = weight.scorer(leaf);
      Bits live = leaf.reader().getLiveDocs();
      DocIdSetIterator matches = scorer == null ? DocIdSetIterator.empty() : scorer.iterator();
      for (int doc = matches.nextDoc();
          doc != DocIdSetIterator.NO_MORE_DOCS;
          doc = matches.nextDoc()) {
        if (live == null || live.get(doc)) {
          docs.add(leaf.docBase + doc);
        }
      }
    }
    return docs.stream().mapToInt(Integer::intValue).toArray();
  }
}
