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
package dev.matryoshka.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Settings;
import org.junit.jupiter.api.Test;

/** Settings of recall sampling. */
class RecallSamplerSettingsTests {

  private static double set(Setting<Double> setting, String value) {
    return setting.get(Settings.builder().put(setting.getKey(), value).build());
  }

  @Test
  void sharesAreShares() {
    assertEquals(0, RecallSampler.RATE.get(Settings.EMPTY));
    assertEquals(0.02, RecallSampler.MAX_TIME_SHARE.get(Settings.EMPTY));
    assertEquals(0.5, set(RecallSampler.RATE, "0.5"));
    assertEquals(1, set(RecallSampler.MAX_TIME_SHARE, "1"));
    for (String value : new String[] {"NaN", "1.1", "-0.1", "Infinity", "much"}) {
      for (Setting<Double> share : List.of(RecallSampler.RATE, RecallSampler.MAX_TIME_SHARE)) {
        String message =
            assertThrows(IllegalArgumentException.class, () -> set(share, value)).getMessage();
        assertTrue(message.contains("[" + share.getKey() + "]"), message);
        assertTrue(message.contains("[" + value + "]"), message);
      }
    }
  }
}
