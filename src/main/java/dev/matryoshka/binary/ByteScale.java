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
package dev.matryoshka.binary;

/**
 * What a signed byte b stands for: {@code step * b + base}, in float arithmetic. Immutable.
 *
 * @param base finite
 * @param step finite, not negative
 */
public record ByteScale(float base, float step) {

  /** The largest byte that is used, and minus the smallest. */
  public static final int MOST = 127;

  /** One that covers everything from a value to another; of no use if these are not finite. */
  public static ByteScale covering(float least, float most) {
    return new ByteScale(least / 2 + most / 2, (most - least) / (2 * MOST));
  }

  /** What a byte stands for. */
  public float of(byte b) {
    return step * b + base;
  }

  /** The byte nearest to a value. */
  public byte round(float value) {
    return step == 0 ? 0 : (byte) Math.clamp(Math.round((value - base) / step), -MOST, MOST);
  }
}
