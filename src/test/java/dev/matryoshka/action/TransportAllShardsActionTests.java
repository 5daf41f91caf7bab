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

import org.elasticsearch.ExceptionsHelper;
import org.elasticsearch.action.support.broadcast.BroadcastShardOperationFailedException;
import org.elasticsearch.index.shard.IndexShardNotStartedException;
import org.elasticsearch.index.shard.IndexShardState;
import org.elasticsearch.index.shard.ShardId;
import org.elasticsearch.index.shard.ShardNotFoundException;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.test.ESTestCase;
import org.elasticsearch.transport.RemoteTransportException;

/** What the failure of a shard, which comes as from another node, means to the client. */
public class TransportAllShardsActionTests extends ESTestCase {

  private static final ShardId SHARD = new ShardId("papers", "uuid", 0);

  private static RestStatus status(Exception failure) {
    RemoteTransportException remote = new RemoteTransportException("node", failure);
    RuntimeException reason =
        TransportAllShardsAction.reason(
            new BroadcastShardOperationFailedException(SHARD, "failed", remote));
    return ExceptionsHelper.status(reason);
  }

  public void testCopiesThatWillBeThereSoon() {
    assertEquals(
        RestStatus.SERVICE_UNAVAILABLE,
        status(new IndexShardNotStartedException(SHARD, IndexShardState.RECOVERING)));
    assertEquals(RestStatus.SERVICE_UNAVAILABLE, status(new ShardNotFoundException(SHARD)));
  }

  public void testBadRequests() {
    assertEquals(RestStatus.BAD_REQUEST, status(new IllegalArgumentException("[k] is too large")));
    IllegalArgumentException here = new IllegalArgumentException("no such routing");
    assertSame(
        here,
        TransportAllShardsAction.reason(
            new BroadcastShardOperationFailedException(SHARD, "failed", here)));
  }
}
