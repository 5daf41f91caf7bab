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
package dev.matryoshka.bench.peers;

import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import dev.matryoshka.server.ServerException;
import dev.matryoshka.terminal.ProgressBar;
import java.io.IOException;
import org.elasticsearch.common.bytes.BytesArray;
import org.elasticsearch.test.rest.ObjectPath;
import org.elasticsearch.xcontent.json.JsonXContent;

/** An index of one shard on the server, with one vector field. */
final class PeerIndex {

  static final int BULK = 1000;

  private final RestClient client;
  private final Peer peer;
  private final String path;

  private PeerIndex(RestClient client, Peer peer) {
    this.client = client;
    this.peer = peer;
    this.path = "/" + peer.label();
  }

  /** Creates an index that is refreshed only when told. */
  static PeerIndex create(RestClient client, Peer peer, int dims) {
    PeerIndex index = new PeerIndex(client, peer);
    String body =
        """
        {"settings":{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"-1"},\
        "mappings":{"dynamic":"strict","properties":{\
        "%s":{"type":"keyword"},"%s":%s}}}"""
            .formatted(Filter.FIELD, Peer.FIELD, peer.mapping(dims));
    client.request("PUT", index.path, body).ok();
    return index;
  }

  Peer peer() {
    return peer;
  }

  void delete() {
    client.request("DELETE", path, null).ok();
  }

  /** Indexes all documents, one bulk after the other, and refreshes. */
  void load(Documents documents, ProgressBar bar) throws IOException {
    for (int from = 0; from < documents.size(); from += BULK) {
      int to = Math.min(documents.size(), from + BULK);
      bulk(documents.bulk(from, to));
      bar.advance(to - from);
    }
    refresh();
  }

  void bulk(String lines) throws IOException {
    String wanted = "?filter_path=errors,items.*.error";
    ObjectPath result = json(client.request("POST", path + "/_bulk" + wanted, lines));
    if (result.<Boolean>evaluate("errors")) {
      throw new IOException("documents were refused: " + result.evaluate("items.0"));
    }
  }

  /** Changes a setting of the index. */
  void set(String name, Object value) {
    client.request("PUT", path + "/_settings", "{\"" + name + "\":" + value + "}").ok();
  }

  /** What the plugin's own statistics say of the index. */
  ObjectPath matryoshkaStats() throws IOException {
    return json(client.request("GET", path + "/_matryoshka/stats", null));
  }

  void refresh() {
    client.request("POST", path + "/_refresh", null).ok();
  }

  /** Merges to one segment, however long it takes, and commits. */
  void merge() throws IOException {
    String options = "?max_num_segments=1&wait_for_completion=false";
    String task =
        json(client.request("POST", path + "/_forcemerge" + options, null)).evaluate("task");
    RestResponse done;
    do {
      String wait = "?wait_for_completion=true&timeout=5m";
      done = client.request("GET", "/_tasks/" + task + wait, null);
    } while (done.status() == 429 && done.body().contains("timeout_exception"));
    if (Integer.valueOf(0).equals(json(done).evaluate("response._shards.failed")) == false) {
      throw new ServerException("merging failed: " + done.body());
    }
    client.request("POST", path + "/_flush?force=true", null).ok();
    refresh();
  }

  /** What statistics say of the index. */
  record Size(int segments, long disk, Peer.OffHeap offHeap) {}

  Size size() throws IOException {
    String parts = "/_stats/store,segments,dense_vector";
    ObjectPath stats = json(client.request("GET", path + parts, null));
    return new Size(
        (int) number(stats, "segments.count"),
        number(stats, "store.size_in_bytes"),
        new Peer.OffHeap(
            number(stats, "dense_vector.off_heap.total_vec_size_bytes"),
            number(stats, "dense_vector.off_heap.total_veb_size_bytes"),
            number(stats, "dense_vector.off_heap.total_veq_size_bytes"),
            number(stats, "dense_vector.off_heap.total_vex_size_bytes")));
  }

  /** A statistic of the whole index, 0 when there is none. */
  private static long number(ObjectPath stats, String name) throws IOException {
    Number number = stats.evaluate("_all.primaries." + name);
    return number == null ? 0 : number.longValue();
  }

  /** Searches, and returns what came back. */
  RestResponse search(String body) {
    return client.request("POST", path + "/_search", body).ok();
  }

  /** The documents of a response, best first. */
  static int[] hits(RestResponse response) throws IOException {
    ObjectPath result = json(response);
    int[] documents = new int[result.evaluateArraySize("hits.hits")];
    for (int i = 0; i < documents.length; i++) {
      documents[i] = Integer.parseInt(result.evaluate("hits.hits." + i + "._id"));
    }
    return documents;
  }

  private static ObjectPath json(RestResponse response) throws IOException {
    return ObjectPath.createFromXContent(
        JsonXContent.jsonXContent, new BytesArray(response.ok().body()));
  }
}
