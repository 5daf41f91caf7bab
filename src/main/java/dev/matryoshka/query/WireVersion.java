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
package dev.matryoshka.query;

import java.io.IOException;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;

/**
 * The byte that leads what we send from node to node. Plugins cannot register transport versions,
 * so nodes that run different releases of this one tell each other apart by it.
 */
public final class WireVersion {

  private static final byte FIRST = 1;

  private WireVersion() {}

  /** Leads what follows. */
  public static void write(StreamOutput out) throws IOException {
    out.writeByte(FIRST);
  }

  /** Leads what has taken a form of its own since the first version. */
  public static void write(StreamOutput out, byte version) throws IOException {
    out.writeByte(version);
  }

  /**
   * Checks what {@link #write(StreamOutput)} wrote.
   *
   * @param what query or action, for the message
   * @throws IllegalArgumentException when the sender runs a release that this one cannot understand
   */
  public static void read(StreamInput in, String what) throws IOException {
    read(in, FIRST, what);
  }

  /**
   * The version of what follows, where older ones can be read too.
   *
   * @param newest version that this node can read
   * @param what query or action, for the message
   * @throws IllegalArgumentException when the sender runs a release that this one cannot understand
   */
  public static byte read(StreamInput in, byte newest, String what) throws IOException {
    return read(in, FIRST, newest, what);
  }

  /** Checks the version of what follows, where only one can be read. */
  public static void readOnly(StreamInput in, byte version, String what) throws IOException {
    read(in, version, version, what);
  }

  private static byte read(StreamInput in, byte oldest, byte newest, String what)
      throws IOException {
    byte version = in.readByte();
    if (version < oldest || version > newest) {
      throw new IllegalArgumentException(
          "["
              + what
              + "] has wire version ["
              + version
              + "] but this node knows only ["
              + (newest == oldest ? "" : oldest + "] to [")
              + newest
              + "]; install the same release of the plugin on all nodes");
    }
    return version;
  }
}
