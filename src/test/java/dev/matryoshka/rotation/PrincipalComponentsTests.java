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
package dev.matryoshka.rotation;

import dev.matryoshka.MatryoshkaTestCase;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;

/** Components against an independent decomposition and against samples built from known axes. */
public class PrincipalComponentsTests extends MatryoshkaTestCase {

  private static final int LARGE = PrincipalComponents.DIRECT_DIMS + 76;

  private static float[] compute(float[] sample, int count, int dims, int wanted) {
    float[] components =
        PrincipalComponents.compute(sample.clone(), count, dims, wanted, 1, () -> {});
    double deviation = Samples.deviationFromOrthonormal(components, wanted, dims);
    assertTrue("deviates by " + deviation, deviation < 1e-5);
    return components;
  }

  public void testVarianceOfEachComponentIsAnEigenvalue() {
    int count = 500;
    int dims = 70;
    float[] sample = Samples.gaussian(random(), count, dims);
    for (int i = 0; i < sample.length; i++) {
      // Axes of clearly different variance, mixed pairwise so that they are not the components.
      sample[i] *= 1 + i % dims;
      if (i % dims > 0) {
        sample[i] += sample[i - 1] / 2;
      }
    }
    double[] expected = singularValuesSquared(sample, count, dims);
    float[] components = compute(sample, count, dims, dims);
    for (int r = 0; r < dims; r++) {
      float[] component = Arrays.copyOfRange(components, r * dims, (r + 1) * dims);
      double variance = Samples.energy(sample, count, dims, component, 1);
      assertEquals("component " + r, expected[r] / count, variance, 1e-4 * expected[0] / count);
    }
  }

  /** By a decomposition of the sample itself, so that no covariance of ours is involved. */
  private static double[] singularValuesSquared(float[] sample, int count, int dims) {
    DMatrixRMaj matrix = new DMatrixRMaj(count, dims);
    for (int i = 0; i < sample.length; i++) {
      matrix.data[i] = sample[i];
    }
    var svd = DecompositionFactory_DDRM.svd(count, dims, false, false, true);
    assertTrue(svd.decompose(matrix));
    double[] squares = Arrays.stream(svd.getSingularValues()).map(s -> s * s).sorted().toArray();
    for (int i = 0; i < squares.length / 2; i++) {
      double swapped = squares[i];
      squares[i] = squares[squares.length - 1 - i];
      squares[squares.length - 1 - i] = swapped;
    }
    return squares;
  }

  public void testComponentsAreTheAxes() {
    double[] variances = new double[20];
    Arrays.setAll(variances, i -> Math.pow(0.7, i));
    var known = Samples.withVariances(random(), 300, 96, variances);
    float[] components = compute(known.sample(), 300, 96, 20);
    for (int r = 0; r < 20; r++) {
      assertEquals(1, Math.abs(Samples.dot(known.axes(), r, components, r, 96)), 1e-3);
    }
  }

  public void testMagnitudesDoNotMatter() {
    double[] variances = {9, 4, 1};
    var known = Samples.withVariances(random(), 100, 64, variances);
    for (float scale : new float[] {1e-30f, 1e-20f, 1e-10f, 1e10f, 1e17f, 1e25f}) {
      float[] sample = known.sample().clone();
      for (int i = 0; i < sample.length; i++) {
        sample[i] *= scale;
      }
      float[] components = compute(sample, 100, 64, 3);
      for (int r = 0; r < 3; r++) {
        double same = Math.abs(Samples.dot(known.axes(), r, components, r, 64));
        assertEquals("component " + r + " at scale " + scale, 1, same, 1e-3);
      }
    }
  }

  public void testDegenerateSamples() {
    int dims = 80;
    compute(new float[10 * dims], 10, dims, 64);
    compute(Samples.gaussian(random(), 1, dims), 1, dims, 64);
    compute(Samples.inSubspace(random(), 200, dims, 10), 200, dims, 64);
    compute(new float[3 * LARGE], 3, LARGE, 64);
  }

  /** Roundings are all that there is of most components. */
  public void testVectorsOfFewDirections() {
    for (int dims : new int[] {64, 96, 128, 192, 256, 320, 384}) {
      for (int directions = 1; directions <= 4; directions++) {
        int count = 300;
        float[] axes = new float[directions * dims];
        for (int i = 0; i < axes.length; i++) {
          // Runs of equal values, as in vectors that were made up, and signs.
          axes[i] = i % (dims / directions) == 0 ? random().nextInt(5) - 2 : axes[i - 1];
        }
        boolean copies = random().nextBoolean();
        float[] sample = new float[count * dims];
        for (int i = 0; i < count; i++) {
          int axis = random().nextInt(directions);
          float length = copies ? 1 : random().nextFloat();
          for (int d = 0; d < dims; d++) {
            sample[i * dims + d] = length * axes[axis * dims + d];
          }
        }
        float[] components = compute(sample, count, dims, dims);
        double all = 0;
        for (float value : sample) {
          all += value * value;
        }
        double leading = Samples.energy(sample, count, dims, components, directions) * count;
        assertEquals(dims + " dims, " + directions + " directions", all, leading, 1e-4 * all);
      }
    }
  }

  public void testSubspaceIterationOnDecayingSpectra() {
    int count = 600;
    int wanted = 64;
    double[][] spectra = new double[3][500];
    Arrays.setAll(spectra[0], i -> 1.0 / (1 + i));
    Arrays.setAll(spectra[1], i -> Math.pow(0.97, i));
    // One direction that dwarfs all others, as in data far from the origin that is badly centred.
    Arrays.setAll(spectra[2], i -> i == 0 ? 1e5 : 1.0 / (1 + i));
    for (double[] variances : spectra) {
      var known = Samples.withVariances(random(), count, LARGE, variances);
      float[] components = compute(known.sample(), count, LARGE, wanted);
      // Without the dominant direction, whose share would hide all the others.
      int from = variances[0] > 1 ? 1 : 0;
      double exact = Arrays.stream(variances, from, wanted).sum();
      double captured = 0;
      for (int axis = from; axis < variances.length; axis++) {
        for (int r = 0; r < wanted; r++) {
          double cosine = Samples.dot(known.axes(), axis, components, r, LARGE);
          captured += variances[axis] * cosine * cosine;
        }
      }
      assertTrue("captured " + captured + " of " + exact, captured >= 0.99 * exact);
    }
  }

  public void testSubspaceIterationIgnoresMagnitudes() {
    double[] variances = new double[100];
    Arrays.setAll(variances, i -> Math.pow(0.9, i));
    var known = Samples.withVariances(random(), 150, LARGE, variances);
    for (float scale : new float[] {1e-20f, 1f, 1e15f}) {
      float[] sample = known.sample().clone();
      for (int i = 0; i < sample.length; i++) {
        sample[i] *= scale;
      }
      float[] components = compute(sample, 150, LARGE, 8);
      for (int r = 0; r < 8; r++) {
        double same = Math.abs(Samples.dot(known.axes(), r, components, r, LARGE));
        assertEquals("component " + r + " at scale " + scale, 1, same, 0.01);
      }
    }
  }

  public void testMoreComponentsThanAreResolved() {
    int dims = 300;
    int wanted = 290;
    double[] variances = new double[50];
    Arrays.setAll(variances, i -> Math.pow(0.8, i));
    var known = Samples.withVariances(random(), 60, dims, variances);
    float[] components =
        PrincipalComponents.compute(known.sample(), 60, dims, wanted, 128, 1, () -> {});
    assertTrue(Samples.deviationFromOrthonormal(components, wanted, dims) < 1e-5);
    double energy = Samples.energy(known.sample(), 60, dims, components, 64);
    assertEquals(Arrays.stream(variances).sum(), energy, 0.01);
  }

  public void testInterruptStops() {
    float[] sample = Samples.gaussian(random(), 20, LARGE);
    int[] calls = new int[1];
    PrincipalComponents.compute(sample.clone(), 20, LARGE, 64, 1, () -> calls[0]++);
    assertTrue("called " + calls[0] + " times", calls[0] > 2);
    for (int stopAt = 1; stopAt <= calls[0]; stopAt++) {
      int[] left = {stopAt};
      expectThrows(
          IllegalStateException.class,
          () ->
              PrincipalComponents.compute(
                  sample.clone(),
                  20,
                  LARGE,
                  64,
                  1,
                  () -> {
                    if (--left[0] == 0) {
                      throw new IllegalStateException("stop");
                    }
                  }));
    }
  }
}
