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
package dev.matryoshka.search;

/**
 * What came of one search for everything above a similarity. Immutable.
 *
 * @param fast whether it was allowed to leave out what was merely unlikely to match
 * @param skipped vectors that were left out without comparing them
 * @param verified vectors that were compared at full precision
 * @param expectedRecall the share of the matches that it expects to have found, 0 to 1; 1 where it
 *     proved what it left out
 */
public record ExecutedFindAll(boolean fast, long skipped, long verified, double expectedRecall) {}
