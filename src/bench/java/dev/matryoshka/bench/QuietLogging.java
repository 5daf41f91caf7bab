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
package dev.matryoshka.bench;

import java.util.logging.Logger;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.elasticsearch.common.logging.LogConfigurator;

/**
 * Lets Elasticsearch's formats, which are on the class path and fail without a logger, be loaded
 * outside a server, and keeps what they have to say about that from between the tables.
 */
public final class QuietLogging {

  private QuietLogging() {}

  /** Sets the logging of this JVM up. */
  public static void configure() {
    LogConfigurator.configureESLogging();
    Configurator.setRootLevel(Level.OFF);
    Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
  }
}
