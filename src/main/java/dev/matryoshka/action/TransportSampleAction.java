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

import dev.matryoshka.audit.VectorSampler;
import dev.matryoshka.monitor.KeptQueries;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.elasticsearch.action.support.ActionFilters;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.project.ProjectResolver;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.index.Index;
import org.elasticsearch.index.fieldvisitor.LeafStoredFieldLoader;
import org.elasticsearch.index.fieldvisitor.StoredFieldLoader;
import org.elasticsearch.index.query.SearchExecutionContext;
import org.elasticsearch.injection.guice.Inject;
import org.elasticsearch.search.SearchService;
import org.elasticsearch.search.internal.SearchContext;
import org.elasticsearch.transport.TransportService;

/** Draws vectors of documents that the caller may see, or of searches that were kept. */
public final class TransportSampleAction
    extends TransportAllShardsAction<SampleSpec, SampleAnswer> {

  private final KeptQueries keptQueries;

  @Inject
  public TransportSampleAction(
      ClusterService clusterService,
      TransportService transportService,
      SearchService searchService,
      ActionFilters actionFilters,
      ProjectResolver projectResolver,
      IndexNameExpressionResolver resolver,
      KeptQueries keptQueries) {
    super(
        SampleAction.NAME,
        clusterService,
        transportService,
        searchService,
        actionFilters,
        projectResolver,
        resolver,
        SampleSpec::read,
        SampleAnswer::read);
    this.keptQueries = keptQueries;
  }

  @Override
  SampleAnswer answer(SampleSpec spec, SearchContext context, Runnable interrupt)
      throws IOException {
    if (AuditedField.mapped(context.getSearchExecutionContext(), spec.field()) == false) {
      return new SampleAnswer(false, 0, List.of());
    }
    return switch (spec.source()) {
      case DOCUMENTS -> documents(spec, context, interrupt);
      case QUERIES -> queries(spec, context);
    };
  }

  private SampleAnswer queries(SampleSpec spec, SearchContext context) throws IOException {
    String field = context.getSearchExecutionContext().getFieldType(spec.field()).name();
    if (visible(context, field) == false) {
      return new SampleAnswer(true, 0, List.of());
    }
    List<SampleAnswer.Drawn> drawn = new ArrayList<>();
    Index index = context.indexShard().shardId().getIndex();
    for (KeptQueries.Kept each : keptQueries.draw(index, field, spec.size(), spec.seed())) {
      drawn.add(new SampleAnswer.Drawn(each.key(), each.id(), each.vector()));
    }
    return new SampleAnswer(true, drawn.size(), drawn);
  }

  /** Field-level security hides a field as if it had no vectors. */
  private static boolean visible(SearchContext context, String field) throws IOException {
    for (LeafReaderContext leaf : context.searcher().getLeafContexts()) {
      if (leaf.reader().getFloatVectorValues(field) != null) {
        return true;
      }
    }
    return false;
  }

  private static SampleAnswer documents(SampleSpec spec, SearchContext context, Runnable interrupt)
      throws IOException {
    SearchExecutionContext execution = context.getSearchExecutionContext();
    Query visible =
        execution.getAliasFilter() == null
            ? null
            : execution.toQuery(execution.getAliasFilter()).query();
    // Shards must not draw at the same places.
    long seed = spec.seed() ^ (long) context.indexShard().shardId().hashCode() << Integer.SIZE;
    IndexSearcher searcher = context.searcher();
    VectorSampler.Sample sample =
        VectorSampler.draw(
            searcher,
            execution.getFieldType(spec.field()).name(),
            visible,
            spec.size(),
            seed,
            interrupt);
    List<SampleAnswer.Drawn> drawn = new ArrayList<>();
    for (VectorSampler.Drawn each : sample.drawn()) {
      drawn.add(new SampleAnswer.Drawn(each.key(), id(context, each.doc()), each.vector()));
    }
    return new SampleAnswer(true, sample.total(), drawn);
  }

  /** Where ids are kept depends on the kind of index. */
  private static String id(SearchContext context, int doc) throws IOException {
    List<LeafReaderContext> leaves = context.searcher().getLeafContexts();
    LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(doc, leaves));
    int[] docs = {doc - leaf.docBase};
    LeafStoredFieldLoader stored = StoredFieldLoader.create(false, Set.of()).getLoader(leaf, docs);
    stored.advanceTo(docs[0]);
    return context.newIdLoader().leaf(stored, leaf.reader(), docs).getId(docs[0]);
  }
}
