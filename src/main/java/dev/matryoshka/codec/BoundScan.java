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
package dev.matryoshka.codec;

import dev.matryoshka.binary.ByteDotKernels;
import dev.matryoshka.rotation.BoundBasis;
import java.io.IOException;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IndexInput;

/**
 * Rules out vectors of a segment that cannot have a given score, for one query. Not thread-safe.
 *
 * <p>With the names of {@link BoundAreaWriter} and {@code a = Wq} it holds exactly that
 *
 * <pre>
 * ⟨q,x⟩ = ⟨a,t⟩ + ⟨q,z⟩ = ⟨a,t⟩ + ⟨Pq,Pz⟩ + ⟨q - Pq, x - Px⟩
 *       ≤ ⟨a,t⟩ + Σ ‖a‖ₗ · errorₗ + ε/(1-ε)·‖a‖·Σ errorₗ + ‖q - Pq‖ · remainder
 * </pre>
 *
 * by Cauchy and Schwarz for each level l and for the remainder; the term with ε makes up for rows
 * that are not quite orthonormal, since {@code ⟨Pq,Pz⟩ = aᵀ(I + E)⁻¹Wz}. Each level tightens the
 * bound for those vectors that the one before has left. What is computed differs from this by
 *
 * <ul>
 *   <li>the error of a, times the greatest length that t can have;
 *   <li>the rounding of weights {@code a · step} to floats, and of their products with bytes: at
 *       most 127 each, in any order ({@link ByteDotKernels});
 *   <li>operations on doubles, which a millionth more of all this makes up for.
 * </ul>
 *
 * <p>All that is added to the bound, so that a vector is ruled out only if it is proven to have a
 * lower score ({@link ScoreLimit}). In an estimate, the remainders count only as much as in nearly
 * all of the vectors that have been {@link #observe observed}, but fully for those that are unlike
 * them; where it is not known which these are, but that many match, as much as in all but few
 * vectors of an answer that the basis was trained on.
 */
public final class BoundScan {

  /** Most vectors to look at together. */
  public static final int BLOCK = 512;

  /** The share of what belongs to an answer that an estimate is to leave. */
  public static final double ESTIMATE_RECALL = BoundBasis.EXPECTED_RECALL;

  private static final double LEAST_SQUARE = 1e-20;
  private static final double GREATEST_SQUARE = 1e20;
  private static final double MORE = 1 + 1e-6;

  private final SegmentBounds segment;
  private final BoundMeta meta;
  private final BoundCursor cursor;
  private final IndexInput basis;
  private final float[] query;
  private final double square;
  private final double length;
  private final boolean usable;
  private ScoreLimit limit;

  private int prepared;
  private final float[] weights;
  private final double[] levelBase;
  private final double[] levelSlack;
  private final double[] errorFactors;
  private final double[] remainders;
  private final ObservedRemainders observed;
  private double insideSquare;
  private double storedSquare;
  private double projectionSlack;
  private double kernelSlack;
  private double base;

  private final float[] sums = new float[BLOCK];
  private final double[] partial = new double[BLOCK];
  private final float[] corrections;

  /**
   * @param target the query vector as the user gave it
   * @param minScore what vectors must reach
   */
  public BoundScan(SegmentBounds segment, float[] target, float minScore) throws IOException {
    this.segment = segment;
    this.meta = segment.meta();
    this.cursor = segment.cursor();
    this.basis = segment.basisSection();
    boolean unitLength = segment.similarity() == VectorSimilarityFunction.COSINE;
    double given = square(target);
    this.usable = given >= LEAST_SQUARE && given <= GREATEST_SQUARE && meta.deviation() < 0.01;
    this.query = unitLength ? UnitLength.copyOf(target, target.length) : target;
    this.square = square(query);
    this.length = Math.sqrt(square);
    int levels = meta.levels().length;
    this.weights = new float[meta.size()];
    this.levelBase = new double[levels];
    this.levelSlack = new double[levels];
    this.errorFactors = new double[levels];
    this.remainders = new double[levels];
    this.observed = new ObservedRemainders(levels);
    this.corrections = new float[BLOCK * meta.correctionsPerVector()];
    setMinScore(minScore);
  }

  /** With what another one has learned of the query, for another thread. */
  private BoundScan(BoundScan other) throws IOException {
    this.segment = other.segment;
    this.meta = other.meta;
    this.cursor = segment.cursor();
    this.basis = segment.basisSection();
    this.query = other.query;
    this.square = other.square;
    this.length = other.length;
    this.usable = other.usable;
    this.limit = other.limit;
    this.prepared = other.prepared;
    this.weights = other.weights.clone();
    this.levelBase = other.levelBase.clone();
    this.levelSlack = other.levelSlack.clone();
    this.errorFactors = other.errorFactors.clone();
    this.remainders = other.remainders.clone();
    this.observed = other.observed.copy();
    this.insideSquare = other.insideSquare;
    this.storedSquare = other.storedSquare;
    this.projectionSlack = other.projectionSlack;
    this.kernelSlack = other.kernelSlack;
    this.base = other.base;
    this.corrections = new float[other.corrections.length];
  }

  /** The same for another thread. */
  public BoundScan fork() throws IOException {
    return new BoundScan(this);
  }

  private static double square(float[] vector) {
    double square = 0;
    for (float component : vector) {
      square += (double) component * component;
    }
    return square;
  }

  /** Rows that the query is projected on before anything can be ruled out. */
  public int firstRows() {
    return meta.width(0);
  }

  /** What vectors must reach from now on. */
  public void setMinScore(float minScore) {
    limit = limit(minScore);
  }

  private ScoreLimit limit(float score) {
    return ScoreLimit.of(segment.similarity(), score, query.length, length, square * (2 - MORE));
  }

  /** Projects the query on the rows of the next level. */
  private void prepare(int level) throws IOException {
    int size = meta.size();
    int from = level == 0 ? 0 : meta.levels()[level - 1];
    int width = meta.width(level);
    float[] offsets = new float[width];
    basis.seek((long) from * Float.BYTES);
    basis.readFloats(offsets, 0, width);
    float[] steps = new float[width];
    basis.seek((long) (size + from) * Float.BYTES);
    basis.readFloats(steps, 0, width);
    long rows = (2L * size + (long) from * query.length) * Float.BYTES;
    float[] projections = new StoredMatrix(basis, rows, width, query.length).times(query);
    double levelSquare = 0;
    double absolutes = 0;
    for (int r = 0; r < width; r++) {
      double projection = projections[r];
      levelSquare += projection * projection;
      float weight = (float) (projection * steps[r]);
      weights[from + r] = weight;
      absolutes += Math.abs(weight);
      base += projection * offsets[r];
      double greatest = Math.abs(offsets[r]) + (double) Byte.MAX_VALUE * steps[r];
      storedSquare += greatest * greatest;
    }
    insideSquare += levelSquare;
    double deviation = meta.deviation();
    int rowsSoFar = from + width;
    double off = Rounding.ofProducts(query.length) * Math.sqrt(1 + deviation) * length;
    double inside = Math.max(0, Math.sqrt(insideSquare) - off * Math.sqrt(rowsSoFar));
    double outside = square * MORE - inside * inside / (1 + deviation);
    double crosstalk = deviation / (1 - deviation) * (1 + deviation) * length;
    errorFactors[level] = (Math.sqrt(levelSquare) + off * Math.sqrt(width) + crosstalk) * MORE;
    remainders[level] = Math.sqrt(Math.max(0, outside));
    projectionSlack = off * Math.sqrt(rowsSoFar) * Math.sqrt(storedSquare);
    kernelSlack += Rounding.of(width + 16) * Byte.MAX_VALUE * absolutes;
    levelBase[level] = base;
    levelSlack[level] =
        (projectionSlack + kernelSlack) * MORE + 1e-12 * (length * Math.sqrt(storedSquare));
    prepared = level + 1;
  }

  /**
   * Learns from vectors that have been compared at full precision how much remainders count.
   *
   * @param ords at most {@link #BLOCK} ordinals
   * @param scores theirs
   */
  public void observe(int[] ords, float[] scores, int count) throws IOException {
    if (usable == false) {
      return;
    }
    int perVector = meta.correctionsPerVector();
    double[] known = new double[count];
    for (int i = 0; i < count; i++) {
      cursor.readCorrections(ords[i], 1, corrections, i * perVector);
    }
    for (int level = 0; level < meta.levels().length; level++) {
      if (level == prepared) {
        prepare(level);
      }
      cursor.dots(level, ords, count, weights, sums);
      for (int i = 0; i < count; i++) {
        int at = i * perVector;
        known[i] += sums[i];
        double product = limit(scores[i]).leastProduct(corrections[at]);
        double rest = product - levelBase[level] - known[i];
        observed.add(level, rest, corrections[at + 2 + 2 * level]);
      }
    }
  }

  /**
   * Rules out vectors.
   *
   * @param first ordinal from which on to look
   * @param ords ordinals in ascending order, less than {@link #BLOCK} beyond the first; on return
   *     those that cannot be ruled out
   * @param count how many are given
   * @param outstanding for each vector from the first on a bit that says whether it is unlike those
   *     observed; null where that is not known
   * @param common whether so many match that, where it is not known, they are taken to be like
   *     answers that the basis was trained on; otherwise what is ruled out is proven to be lower
   * @return how many are left
   */
  public int ruleOut(int first, int[] ords, int count, long[] outstanding, boolean common)
      throws IOException {
    if (usable == false || count == 0) {
      return count;
    }
    cursor.readCorrections(first, ords[count - 1] - first + 1, corrections, 0);
    int left = count;
    for (int level = 0; level < meta.levels().length && left > 0; level++) {
      if (level == prepared) {
        prepare(level);
      }
      cursor.dots(level, ords, left, weights, sums);
      left = ruleOut(level, first, ords, left, outstanding, common);
    }
    return left;
  }

  /** Deviation of products of the query's remainder with directions that are random. */
  private double randomProduct(int level) {
    return remainders[level] / Math.sqrt(Math.max(1, query.length - meta.levels()[level]));
  }

  private int ruleOut(
      int level, int first, int[] ords, int count, long[] outstanding, boolean common) {
    int perVector = meta.correctionsPerVector();
    double constant = levelBase[level] + levelSlack[level];
    double perError = errorFactors[level];
    boolean learned = outstanding != null && observed.enough(level);
    double perRemainder =
        remainders[level] * (common && outstanding == null ? meta.spreads()[level] : 1);
    double perLikeRemainder = learned ? observed.most(level, randomProduct(level)) : 0;
    int ofLevel = 1 + 2 * level;
    // Locals, so that the loop need not read the fields again after every store.
    float[] stored = corrections;
    float[] dots = sums;
    double[] sum = partial;
    ScoreLimit least = limit;
    int left = 0;
    for (int i = 0; i < count; i++) {
      int ord = ords[i];
      int at = (ord - first) * perVector;
      double before = level == 0 ? 0 : sum[i];
      boolean like = learned && (outstanding[ord - first >> 6] >>> (ord - first) & 1) == 0;
      // What was observed includes what errors amount to.
      double known = before + dots[i] + (like ? 0 : perError) * stored[at + ofLevel];
      double rest = (like ? perLikeRemainder : perRemainder) * stored[at + ofLevel + 1];
      double upper = constant + known + rest;
      // Kept without a branch, which would often be mispredicted.
      ords[left] = ord;
      sum[left] = known;
      left += upper < least.leastProduct(stored[at]) ? 0 : 1;
    }
    return left;
  }
}
