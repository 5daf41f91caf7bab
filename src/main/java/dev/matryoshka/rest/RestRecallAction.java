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

import dev.matryoshka.action.RecallAction;
import dev.matryoshka.action.RecallRequest;
import dev.matryoshka.action.RecallResponse;
import dev.matryoshka.audit.ReportPage;
import java.io.IOException;
import java.util.List;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.ActionRequestValidationException;
import org.elasticsearch.action.support.IndicesOptions;
import org.elasticsearch.action.support.SubscribableListener;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.common.Strings;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestRequest.Method;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.rest.action.RestActionListener;
import org.elasticsearch.rest.action.RestCancellableNodeClient;
import org.elasticsearch.rest.action.RestToXContentListener;
import org.elasticsearch.tasks.LoggingTaskListener;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentType;

/** {@code POST /{index}/_matryoshka/recall}: how much of what exact search finds is found. */
public final class RestRecallAction extends BaseRestHandler {

  private static final String JSON = "json";
  private static final String HTML = "html";

  @Override
  public String getName() {
    return "matryoshka_recall_action";
  }

  @Override
  public List<Route> routes() {
    return List.of(new Route(Method.POST, "/{index}/_matryoshka/recall"));
  }

  @Override
  protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client)
      throws IOException {
    RecallRequest recall =
        new RecallRequest(Strings.splitStringByCommaToArray(request.param("index")));
    recall.indicesOptions(IndicesOptions.fromRequest(request, recall.indicesOptions()));
    request.applyContentParser(recall::parse);
    String format = request.param("format", JSON);
    boolean html = format.equals(HTML);
    if (html == false && XContentType.fromFormat(format) == null) {
      throw new IllegalArgumentException(
          "[format] must be one of [json, yaml, cbor, smile, html] but was [" + format + "]");
    }
    boolean wait = request.paramAsBoolean("wait_for_completion", true);
    if (wait == false && html) {
      throw new IllegalArgumentException(
          "[format] of [html] needs [wait_for_completion] to be [true]");
    }
    if (html) {
      return channel ->
          new RestCancellableNodeClient(client, request.getHttpChannel())
              .execute(RecallAction.INSTANCE, recall, page(channel, recall));
    }
    if (wait) {
      return channel ->
          new RestCancellableNodeClient(client, request.getHttpChannel())
              .execute(
                  RecallAction.INSTANCE,
                  recall,
                  new RestToXContentListener<RecallResponse>(channel));
    }
    return inBackground(recall.storeResult(), client);
  }

  private static ActionListener<RecallResponse> page(RestChannel channel, RecallRequest recall) {
    return new RestActionListener<>(channel) {
      @Override
      protected void processResponse(RecallResponse response) {
        String page =
            ReportPage.render(
                response.report(), String.join(", ", recall.indices()), response.field());
        channel.sendResponse(new RestResponse(RestStatus.OK, "text/html; charset=UTF-8", page));
      }
    };
  }

  /** Answers with the task, whose result {@code _tasks} keeps. */
  private static RestChannelConsumer inBackground(RecallRequest recall, NodeClient client) {
    ActionRequestValidationException errors = recall.validate();
    if (errors != null) {
      throw errors;
    }
    return channel -> {
      var result = new SubscribableListener<RecallResponse>();
      Task task = client.executeLocally(RecallAction.INSTANCE, recall, result);
      result.addListener(new LoggingTaskListener<>(task));
      try (XContentBuilder builder = channel.newBuilder()) {
        builder.startObject();
        builder.field("task", client.getLocalNodeId() + ":" + task.getId());
        builder.endObject();
        channel.sendResponse(new RestResponse(RestStatus.OK, builder));
      }
    };
  }
}
