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
package dev.matryoshka.bench.kernels;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A piece of work, and how it can be done.
 *
 * @param group what {@code --kernels} calls it
 * @param label for tables
 * @param items what is worked on, for rates
 * @param unit what an item is
 * @param ours method of the plugin's way, such as {@code ScanKernels.columns}
 * @param naive method of the way that suggests itself
 * @param limits methods that only read the same bytes, the fastest of which is the limit; empty
 *     where reading is not what takes the time
 * @param params parameters of the methods
 */
record Kernel(
    String group,
    String label,
    long items,
    String unit,
    String ours,
    String naive,
    List<String> limits,
    Map<String, Integer> params) {

  private static final int MILLION = 1_000_000;
  private static final List<String> READS =
      List.of("ReadKernels.oneStream", "ReadKernels.fourStreams", "ReadKernels.eightStreams");

  /**
   * All kernels.
   *
   * @param most codes of the largest scan
   */
  static List<Kernel> all(int most) {
    Kernel million = scan(MILLION, 1000);
    List<Kernel> scans =
        most == MILLION ? List.of(million) : List.of(million, scan(10 * MILLION, 1000));
    List<Kernel> others =
        List.of(
            scan(MILLION, 100),
            scan(MILLION, EstimateKernels.CANDIDATES),
            scan(MILLION, 10_000),
            new Kernel(
                "estimate",
                "asymmetric estimate of 2,200 codes",
                EstimateKernels.CANDIDATES,
                "codes",
                "EstimateKernels.planes",
                "EstimateKernels.bits",
                List.of(),
                Map.of()),
            new Kernel(
                "estimate",
                "scan of 1M codes by estimates, the best 4,400",
                EstimateKernels.CODES,
                "codes",
                "EstimateKernels.scan",
                "EstimateKernels.scanBits",
                List.of(),
                Map.of()),
            new Kernel(
                "rows",
                "1,000 scattered vectors, 768 dims",
                RowKernels.SCORED,
                "vectors",
                "RowKernels.stage",
                "RowKernels.copies",
                List.of("RowKernels.read"),
                Map.of()),
            new Kernel(
                "bounds",
                "262,144 rows of 256 bytes times weights",
                BoundKernels.ROWS,
                "rows",
                "BoundKernels.blocks",
                "BoundKernels.copies",
                List.of("BoundKernels.read"),
                Map.of()),
            new Kernel(
                "encode",
                "encoding 4,096 vectors, 768 dims to 256 bits",
                EncodeKernels.VECTORS,
                "vectors",
                "EncodeKernels.blocks",
                "EncodeKernels.rows",
                List.of(),
                Map.of()));
    return Stream.concat(scans.stream(), others.stream()).toList();
  }

  private static Kernel scan(int codes, int keep) {
    return new Kernel(
        "scan",
        "scan of %dM codes of 256 bits, k1 = %,d".formatted(codes / MILLION, keep),
        codes,
        "codes",
        "ScanKernels.columns",
        "ScanKernels.rows",
        READS,
        new TreeMap<>(Map.of("codes", codes, "keep", keep)));
  }
}
