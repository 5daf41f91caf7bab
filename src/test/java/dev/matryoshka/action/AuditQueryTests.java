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

import java.util.List;
import org.elasticsearch.search.vectors.VectorData;
import org.elasticsearch.test.ESTestCase;

/** A document that is rated twice would count as two, of which one is never found. */
public class AuditQueryTests extends ESTestCase {

  private static AuditQuery rated(Rating... ratings) {
    return new AuditQuery("q", VectorData.fromFloats(new float[] {1, 2}), List.of(ratings), null);
  }

  public void testDocumentsAreRatedOnce() {
    Rating anywhere = new Rating(null, "1", 1);
    Rating here = new Rating("here", "1", 2);
    for (List<Rating> twice :
        List.of(
            List.of(anywhere, anywhere),
            List.of(here, here),
            List.of(anywhere, here),
            List.of(here, anywhere),
            List.of(here, new Rating("here", "2", 0), new Rating("here", "1", 0)))) {
      String message =
          expectThrows(IllegalArgumentException.class, () -> rated(twice.toArray(Rating[]::new)))
              .getMessage();
      assertEquals("[ratings] of query [q] must not rate document [1] twice", message);
    }
  }

  public void testEqualIdsInDifferentIndices() {
    assertEquals(
        List.of(1, 2, 3),
        rated(new Rating("a", "1", 1), new Rating("b", "1", 2), new Rating(null, "2", 3)).grades());
  }
}
