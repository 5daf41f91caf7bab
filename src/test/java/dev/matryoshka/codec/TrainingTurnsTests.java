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

import dev.matryoshka.MatryoshkaTestCase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Trainings wait for each other, and those who wait can be told not to. */
public class TrainingTurnsTests extends MatryoshkaTestCase {

  public void testNeverMoreThanAllowed() throws Exception {
    int most = 1 + random().nextInt(3);
    TrainingTurns turns = new TrainingTurns(most);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger mostRunning = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int round = 0; round < 50; round++) {
                    turns.run(
                        () -> {
                          mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
                          Thread.yield();
                          running.decrementAndGet();
                          return done.incrementAndGet();
                        },
                        () -> {});
                  }
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(300, done.get());
    assertTrue(mostRunning + " > " + most, mostRunning.get() <= most);
  }

  public void testWaitingIsInterrupted() throws Exception {
    TrainingTurns turns = new TrainingTurns(1);
    CountDownLatch taken = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Thread holder =
        new Thread(
            () -> {
              try {
                turns.run(
                    () -> {
                      taken.countDown();
                      try {
                        release.await();
                      } catch (InterruptedException e) {
                        throw new AssertionError(e);
                      }
                      return null;
                    },
                    () -> {});
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    holder.start();
    taken.await();
    Runnable abort =
        () -> {
          throw new IllegalStateException("aborted");
        };
    expectThrows(IllegalStateException.class, () -> turns.run(TrainingTurnsTests::ran, abort));
    assertNull(turns.runIfFree(TrainingTurnsTests::ran));
    release.countDown();
    holder.join();
    assertEquals("free again", 7, (int) turns.run(() -> 7, abort));
    assertEquals(6, (int) turns.runIfFree(() -> 6));
    // A failed training gives its turn back.
    expectThrows(
        IOException.class,
        () ->
            turns.run(
                () -> {
                  throw new IOException("broken");
                },
                abort));
    assertEquals(8, (int) turns.run(() -> 8, abort));
  }

  private static Object ran() {
    throw new AssertionError("ran out of turn");
  }
}
