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
package dev.matryoshka.rest;

import dev.matryoshka.action.StatsAction;
import dev.matryoshka.action.StatsRequest;
import dev.matryoshka.action.StatsResponse;
import java.util.List;
import org.elasticsearch.action.support.IndicesOptions;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.common.Strings;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestRequest.Method;
import org.elasticsearch.rest.action.RestCancellableNodeClient;
import org.elasticsearch.rest.action.RestToXContentListener;

/** {@code GET /{index}/_matryoshka/stats}: what fields take and how searches fare. */
public final class RestStatsAction extends BaseRestHandler {

  @Override
  public String getName() {
    return "matryoshka_stats_action";
  }

  @Override
  public List<Route> routes() {
    return List.of(
        new Route(Method.GET, "/_matryoshka/stats"),
        new Route(Method.GET, "/{index}/_matryoshka/stats"));
  }

  @Override
  protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
    StatsRequest stats =
        new StatsRequest(
            StatsRequest.Level.of(request.param("level", "indices")),
            Strings.splitStringByCommaToArray(request.param("index")));
    stats.indicesOptions(IndicesOptions.fromRequest(request, stats.indicesOptions()));
    return channel ->
        new RestCancellableNodeClient(client, request.getHttpChannel())
            .execute(
                StatsAction.INSTANCE, stats, new RestToXContentListener<StatsResponse>(channel));
  }
}
