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

import org.elasticsearch.action.ActionType;

/** Compares the funnel with exact search; its name is the privilege that it needs. */
public final class RecallAction {

  /** The privilege, which {@code read} includes. */
  public static final String NAME = "indices:data/read/matryoshka/recall";

  /** The action itself. */
  public static final ActionType<RecallResponse> INSTANCE = new ActionType<>(NAME);

  private RecallAction() {}
}
