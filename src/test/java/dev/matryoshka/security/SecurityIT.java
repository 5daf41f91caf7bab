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
package dev.matryoshka.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.matryoshka.server.ElasticsearchInstallation;
import dev.matryoshka.server.ElasticsearchNode;
import dev.matryoshka.server.RestClient;
import dev.matryoshka.server.RestResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Who may see what, on a server with security and a trial licence, whose documents and fields are
 * hidden by roles. Every third document belongs to ann, the others to bob.
 */
class SecurityIT {

  private static final int DOCS = 3000;
  private static final int DIMS = 64;
  private static final String NODE = "secured";
  private static final String ADMIN = "admin";
  private static final String PASSWORD = "not-a-secret";
  private static final Pattern ID = Pattern.compile("\"_id\":\"(\\d+)\"");
  private static final IntPredicate ANNS = doc -> doc % 3 == 0;
  private static final IntPredicate ALL = doc -> true;

  private static final float[][] VECTORS = new float[DOCS][DIMS];
  private static final float[] QUERY = new float[DIMS];
  private static ElasticsearchInstallation installation;
  private static ElasticsearchNode node;
  private static RestClient client;

  @BeforeAll
  static void startServer() throws IOException, GeneralSecurityException {
    installation = ElasticsearchInstallation.installBuilt();
    writeRolesAndUsers();
    node =
        installation.startNode(
            NODE,
            Map.of(
                "xpack.security.enabled", "true",
                "xpack.license.self_generated.type", "trial",
                // To see whether the server is there; everybody else has the role too.
                "xpack.security.authc.anonymous.username", "nobody",
                "xpack.security.authc.anonymous.roles", "anonymous"));
    client = new RestClient(node.http());
    index();
  }

  @AfterAll
  static void stopServer() {
    installation.close();
  }

  private static void index() {
    put(
        "/papers",
        "{'settings':{'number_of_shards':2,'number_of_replicas':0},'mappings':{'properties':{"
            + "'owner':{'type':'keyword'},"
            + "'embedding':{'type':'matryoshka_vector','dims':64,'index_options':{'bits':[64],"
            + "'bound_dims':[64]}},"
            + "'parts':{'type':'nested','properties':{"
            + "'v':{'type':'matryoshka_vector','dims':2}}}}}}");
    Random random = new Random(42);
    for (int i = 0; i < DIMS; i++) {
      QUERY[i] = (float) (random.nextGaussian() / (1 + i / 8.0));
    }
    StringBuilder lines = new StringBuilder();
    for (int doc = 0; doc < DOCS; doc++) {
      for (int i = 0; i < DIMS; i++) {
        VECTORS[doc][i] = (float) (random.nextGaussian() / (1 + i / 8.0));
      }
      lines.append(
          String.format(
              Locale.ROOT,
              "{\"index\":{\"_id\":\"%d\"}}%n"
                  + "{\"owner\":\"%s\",\"embedding\":%s,\"parts\":[{\"v\":[1,%d]}]}%n",
              doc,
              ANNS.test(doc) ? "ann" : "bob",
              Arrays.toString(VECTORS[doc]),
              doc));
      if (doc == DOCS / 2 || doc == DOCS - 1) {
        // Two segments: a merge of one is none, and small flushes carry no learned rotation.
        as(ADMIN, "POST", "/papers/_bulk?refresh", lines.toString()).ok();
        lines.setLength(0);
      }
    }
    as(ADMIN, "POST", "/papers/_forcemerge?max_num_segments=1", null).ok();
    as(ADMIN, "POST", "/papers/_refresh", null).ok();
  }

  /** In files: users by API need an index that needs a module beyond the smallest distribution. */
  private static void writeRolesAndUsers() throws IOException, GeneralSecurityException {
    String blind = ", field_security: {grant: ['*'], except: ['embedding']}";
    Map<String, String> roles =
        Map.of(
            "ann", "privileges: [read], query: '{\"term\":{\"owner\":\"ann\"}}'",
            "blind", "privileges: [read]" + blind,
            "reader", "privileges: [read]",
            "watcher", "privileges: [monitor]",
            "blind_watcher", "privileges: [monitor]" + blind,
            "stranger", "privileges: [view_index_metadata]");
    String hash = hash();
    List<String> rights = new ArrayList<>();
    List<String> users = new ArrayList<>();
    List<String> usersOfRoles = new ArrayList<>();
    roles.forEach(
        (name, of) -> {
          rights.add(name + ": {indices: [{names: [papers], " + of + "}]}");
          users.add(name + ":" + hash);
          usersOfRoles.add(name + ":" + name);
        });
    rights.add("anonymous: {cluster: [monitor]}");
    users.add(ADMIN + ":" + hash);
    usersOfRoles.add("superuser:" + ADMIN);
    Path config = installation.directory().resolve("nodes").resolve(NODE).resolve("config");
    Files.createDirectories(config);
    Files.write(config.resolve("roles.yml"), rights);
    Files.write(config.resolve("users"), users);
    Files.write(config.resolve("users_roles"), usersOfRoles);
  }

  private static String hash() throws GeneralSecurityException {
    byte[] salt = new byte[32];
    int iterations = 10_000;
    byte[] hash =
        SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
            .generateSecret(new PBEKeySpec(PASSWORD.toCharArray(), salt, iterations, 256))
            .getEncoded();
    Base64.Encoder base64 = Base64.getEncoder();
    return "{PBKDF2}"
        + iterations
        + "$"
        + base64.encodeToString(salt)
        + "$"
        + base64.encodeToString(hash);
  }

  private static void put(String path, String body) {
    as(ADMIN, "PUT", path, body).ok();
  }

  private static RestResponse as(String user, String method, String path, String body) {
    byte[] credentials = (user + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8);
    String basic = "Basic " + Base64.getEncoder().encodeToString(credentials);
    return client.request(
        method,
        path,
        body == null ? null : body.replace('\'', '"'),
        Map.of("Authorization", basic));
  }

  private static RestResponse search(String user, String query, String more) {
    String body = "{'query':{'matryoshka':{'field':'embedding','query_vector':";
    return as(
        user, "POST", "/papers/_search", body + Arrays.toString(QUERY) + query + "}}" + more + "}");
  }

  private static Set<Integer> ids(RestResponse response) {
    return ID.matcher(response.ok().body())
        .results()
        .map(match -> Integer.valueOf(match.group(1)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < DIMS; i++) {
      product += (double) a[i] * b[i];
      squareA += (double) a[i] * a[i];
      squareB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squareA * squareB);
  }

  private static Set<Integer> nearest(int k, IntPredicate visible) {
    return IntStream.range(0, DOCS)
        .filter(visible)
        .boxed()
        .sorted(Comparator.comparing(doc -> -cosine(QUERY, VECTORS[doc])))
        .limit(k)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** A similarity between those of two documents, for rounding not to matter. */
  private static double threshold(int documents) {
    List<Double> best =
        IntStream.range(0, DOCS).mapToObj(doc -> -cosine(QUERY, VECTORS[doc])).sorted().toList();
    return -(best.get(documents - 1) + best.get(documents)) / 2;
  }

  @Test
  void funnelsFindWhatTheCallerMaySee() {
    String exact = ",'k':20,'stages':[{'bits':64,'keep':1500},{'dims':64}]";
    assertEquals(nearest(20, ALL), ids(search("reader", exact, ",'size':20")));
    assertEquals(nearest(20, ANNS), ids(search("ann", exact, ",'size':20")));
    RestResponse byDefault = search("ann", ",'k':20", ",'size':20");
    assertEquals(20, ids(byDefault).size());
    assertTrue(ids(byDefault).stream().allMatch(ANNS::test));
  }

  @Test
  void everythingAboveASimilarityIsWhatTheCallerMaySee() {
    double least = threshold(300);
    Set<Integer> all = nearest(300, ALL);
    Set<Integer> anns = all.stream().filter(ANNS::test).collect(Collectors.toSet());
    String query = ",'similarity':" + least;
    assertEquals(all, ids(search("reader", query, ",'size':1000")));
    assertEquals(anns, ids(search("ann", query, ",'size':1000")));
    assertEquals(anns, ids(search("ann", query + ",'k':1000", ",'size':1000")));
  }

  /** The request cache keeps answers apart. */
  @Test
  void countsOfOneCallerAreNotThoseOfAnother() {
    String aggregation =
        ",'size':0,'track_total_hits':true,"
            + "'aggs':{'owners':{'terms':{'field':'owner','order':{'_key':'asc'}}}}";
    String query = ",'similarity':" + threshold(300);
    for (int round = 0; round < 2; round++) {
      String seenByAll = search("reader", query, aggregation).ok().body();
      assertTrue(seenByAll.contains("\"value\":300"), seenByAll);
      assertTrue(seenByAll.contains("bob"), seenByAll);
      String seenByAnn = search("ann", query, aggregation).ok().body();
      assertFalse(seenByAnn.contains("bob"), seenByAnn);
      long anns = nearest(300, ALL).stream().filter(ANNS::test).count();
      assertTrue(seenByAnn.contains("\"value\":" + anns), seenByAnn);
    }
  }

  @Test
  void nestedVectorsOfHiddenDocumentsAreNotFound() {
    String body =
        "{'size':50,'query':{'nested':{'path':'parts','inner_hits':{},'query':{'matryoshka':"
            + "{'field':'parts.v','query_vector':[1,5],'k':50}}}}}";
    assertEquals(
        50, ids(as("reader", "POST", "/papers/_search?filter_path=hits.hits._id", body)).size());
    Set<Integer> found = ids(as("ann", "POST", "/papers/_search?filter_path=hits.hits._id", body));
    assertEquals(50, found.size());
    assertTrue(found.stream().allMatch(ANNS::test), found.toString());
  }

  /** A field that a caller may not see is one that is not there. */
  @Test
  void hiddenFieldsAreNotSearched() {
    assertEquals(Set.of(), ids(search("blind", ",'k':20", "")));
    assertEquals(Set.of(), ids(search("blind", ",'similarity':-1", "")));
    String all = "{'query':{'match_all':{}},'fields':['*'],'_source':{'exclude_vectors':false}";
    String docValues = ",'docvalue_fields':['embedding']}";
    String seen = as("blind", "POST", "/papers/_search", all + docValues).ok().body();
    assertFalse(seen.contains("embedding"), seen);
    String exists = "{'query':{'exists':{'field':'embedding'}}}";
    assertEquals(Set.of(), ids(as("blind", "POST", "/papers/_search", exists)));
    RestResponse audit = audit("blind", "'sample':{'size':5}");
    assertEquals(400, audit.status(), audit.body());
    assertTrue(audit.body().contains("only [0] documents"), audit.body());
    // By hand, queries tell no more.
    String byHand = audit("blind", "'query_vectors':[" + Arrays.toString(QUERY) + "]").ok().body();
    assertTrue(byHand.contains("\"documents\":0"), byHand);
  }

  private static RestResponse audit(String user, String queries) {
    return as(
        user,
        "POST",
        "/papers/_matryoshka/recall",
        "{'field':'embedding','details':true,'worst':100,"
            + "'stages':[{'bits':64,'keep':100},{'dims':64}],"
            + queries
            + "}");
  }

  @Test
  void searchesAreDrawnForThoseWhoSeeTheField() {
    String keep = "{'index.matryoshka.recall_sampling.keep_queries':%s}";
    put("/papers/_settings", String.format(Locale.ROOT, keep, "10"));
    try {
      search("reader", ",'k':20", "").ok();
      String drawn = "'sample':{'size':1,'source':'queries'}";
      String everybodys = audit("reader", drawn).ok().body();
      assertTrue(everybodys.contains("\"documents\":" + DOCS), everybodys);
      String anns = audit("ann", drawn).ok().body();
      assertTrue(anns.contains("\"documents\":" + DOCS / 3), anns);
      RestResponse blind = audit("blind", drawn);
      assertEquals(400, blind.status(), blind.body());
      assertTrue(blind.body().contains("only [0] different query vectors"), blind.body());
    } finally {
      put("/papers/_settings", String.format(Locale.ROOT, keep, "null"));
    }
  }

  @Test
  void auditsCountAndListWhatTheCallerMaySee() {
    String anns = audit("ann", "'sample':{'size':50,'seed':1}").ok().body();
    assertTrue(anns.contains("\"documents\":" + (DOCS / 3 - 1)), anns);
    Set<Integer> drawn = new HashSet<>();
    Pattern.compile("\"id\":\"(\\d+)\"")
        .matcher(anns)
        .results()
        .forEach(match -> drawn.add(Integer.valueOf(match.group(1))));
    assertEquals(50, drawn.size());
    assertTrue(drawn.stream().allMatch(ANNS::test), drawn.toString());
    long mostCompared =
        Pattern.compile("\"compared\":([0-9.]+)")
            .matcher(anns)
            .results()
            .mapToLong(match -> (long) Double.parseDouble(match.group(1)))
            .max()
            .orElseThrow();
    // Parts are documents of their own to Lucene.
    assertTrue(mostCompared <= 2 * DOCS / 3, "a stage compared " + mostCompared);
    String everybodys = audit("reader", "'sample':{'size':50,'seed':1}").ok().body();
    assertTrue(everybodys.contains("\"documents\":" + (DOCS - 1)), everybodys);
    assertNotEquals(anns, everybodys);

    put(
        "/papers/_doc/new?refresh=true",
        "{'owner':'bob','embedding':" + Arrays.toString(QUERY) + "}");
    try {
      // A rating of a document that cannot be seen is one of a document that is not there.
      String rated =
          "'query_vectors':[{'id':'q','query_vector':"
              + Arrays.toString(QUERY)
              + ",'ratings':[{'_id':'%s','rating':1}]}]";
      String ofHidden = audit("ann", String.format(Locale.ROOT, rated, "new")).ok().body();
      String ofMissing = audit("ann", String.format(Locale.ROOT, rated, "missing")).ok().body();
      assertEquals(labels(ofMissing), labels(ofHidden));
      assertNotEquals(
          labels(audit("reader", String.format(Locale.ROOT, rated, "new")).ok().body()),
          labels(ofHidden));
    } finally {
      as(ADMIN, "DELETE", "/papers/_doc/new?refresh=true", null).ok();
    }
  }

  private static String labels(String audit) {
    int at = audit.indexOf("\"labels\":");
    return audit.substring(at, audit.indexOf('}', at));
  }

  /** Nobody is there then, and so nobody with a permission. */
  @Test
  void shardsAreWarmedUpAsTheyStart() throws Exception {
    put("/_cluster/settings", "{'persistent':{'logger.dev.matryoshka.monitor':'debug'}}");
    long failed = warmUps("could not warm up");
    long[] before = new long[2];
    for (int shard = 0; shard < 2; shard++) {
      before[shard] = warmUps("searched shard [papers][" + shard + "]");
    }
    as(ADMIN, "POST", "/papers/_close", null).ok();
    // Closed shards start once more, without their files.
    as(ADMIN, "GET", "/_cluster/health/papers?wait_for_status=green", null).ok();
    as(ADMIN, "POST", "/papers/_open", null).ok();
    for (int shard = 0; shard < 2; shard++) {
      String searched = "searched shard [papers][" + shard + "]";
      for (int tries = 0; warmUps(searched) == before[shard] && tries < 300; tries++) {
        Thread.sleep(100);
      }
      assertTrue(warmUps(searched) > before[shard]);
    }
    assertEquals(failed, warmUps("could not warm up"));
    as(ADMIN, "GET", "/_cluster/health/papers?wait_for_status=green", null).ok();
  }

  private static long warmUps(String line) throws IOException {
    return Files.readAllLines(node.log(), StandardCharsets.ISO_8859_1).stream()
        .filter(each -> each.contains(line))
        .count();
  }

  @Test
  void privilegesAreThoseOfTheBuiltInOnes() {
    assertEquals(200, search("reader", "", "").status());
    assertEquals(200, audit("reader", "'sample':{'size':2}").status());
    assertEquals(200, stats("watcher").status());
    for (String user : List.of("watcher", "stranger")) {
      assertDenied(search(user, "", ""), "indices:data/read/search");
      assertDenied(audit(user, "'sample':{'size':2}"), "indices:data/read/matryoshka/recall");
    }
    for (String user : List.of("reader", "ann", "stranger")) {
      assertDenied(stats(user), "indices:monitor/matryoshka/stats");
    }
  }

  private static void assertDenied(RestResponse response, String action) {
    assertEquals(403, response.status(), response.body());
    assertTrue(response.body().contains(action), response.body());
  }

  private static RestResponse stats(String user) {
    return as(user, "GET", "/papers/_matryoshka/stats?level=segments", null);
  }

  @Test
  void statisticsLeaveHiddenFieldsOut() {
    assertTrue(stats("watcher").ok().body().contains("\"field\":\"embedding\""));
    String seen = stats("blind_watcher").ok().body();
    assertFalse(seen.contains("embedding"), seen);
    assertTrue(seen.contains("parts.v"), seen);
  }
}
