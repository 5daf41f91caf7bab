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
package dev.matryoshka;

import org.elasticsearch.common.logging.LogConfigurator;

/**
 * Elasticsearch's vector formats, which Lucene finds on the class path together with ours, need
 * logging to be set up before the first of them is loaded. Lucene's test cases do not.
 */
public final class ElasticsearchLogging {

  private ElasticsearchLogging() {}

  public static void configure() {
    LogConfigurator.configureESLogging();
  }
}
