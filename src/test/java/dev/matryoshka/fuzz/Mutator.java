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
package dev.matryoshka.fuzz;

import dev.matryoshka.fuzz.JsonText.Member;
import dev.matryoshka.fuzz.JsonText.Members;
import dev.matryoshka.fuzz.JsonText.Verbatim;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Spoils JSON at random, in ways that people and programs do. Everything comes from the random. */
final class Mutator {

  private static final List<Object> ODD =
      Collections.unmodifiableList(
          new ArrayList<>(
              List.of(
                  0,
                  -1,
                  1,
                  0.5,
                  -0.0,
                  Integer.MAX_VALUE,
                  Integer.MIN_VALUE,
                  Long.MAX_VALUE,
                  4096,
                  4097,
                  10_001,
                  new Verbatim("1e39"),
                  new Verbatim("-1e400"),
                  new Verbatim("1e-400"),
                  new Verbatim("123456789012345678901234567890"),
                  new Verbatim("9".repeat(1100)),
                  new Verbatim("NaN"),
                  new Verbatim("Infinity"),
                  new Verbatim("-Infinity"),
                  new Verbatim("0x10"),
                  new Verbatim("01"),
                  new Verbatim("'single'"),
                  "NaN",
                  "Infinity",
                  "",
                  " ",
                  "10",
                  "1.5",
                  "true",
                  "embedding",
                  "\u0000",
                  "ключ\uD83D\uDE80",
                  "\uD800",
                  "a\u202Eb",
                  "../../etc",
                  "*",
                  "_all",
                  "x".repeat(33_000),
                  true,
                  false,
                  List.of(),
                  List.of(List.of()),
                  List.of(1, "a", List.of()),
                  new Members())));

  private final Random random;

  Mutator(Random random) {
    this.random = random;
  }

  /** A place in a tree that can be written. */
  private interface Slot {
    Object get();

    void set(Object value);
  }

  /** Spoils a tree a few times; the tree itself may be changed. */
  Object mutate(Object root, int times) {
    Object[] holder = {root};
    for (int i = 0; i < times; i++) {
      List<Slot> slots = new ArrayList<>();
      slots.add(
          new Slot() {
            @Override
            public Object get() {
              return holder[0];
            }

            @Override
            public void set(Object value) {
              holder[0] = value;
            }
          });
      List<Object> containers = new ArrayList<>();
      collect(holder[0], slots, containers);
      mutateOnce(slots, containers);
    }
    return holder[0];
  }

  @SuppressWarnings("unchecked")
  private void collect(Object value, List<Slot> slots, List<Object> containers) {
    if (value instanceof Members members) {
      containers.add(members);
      for (int i = 0; i < members.list.size(); i++) {
        slots.add(memberSlot(members, i));
        collect(members.list.get(i).value(), slots, containers);
      }
    } else if (value instanceof ArrayList<?> list) {
      containers.add(list);
      // Of a long vector, a few components will do.
      for (int i = 0; i < Math.min(list.size(), 3); i++) {
        slots.add(elementSlot((ArrayList<Object>) list, random.nextInt(list.size())));
      }
      for (Object each : list) {
        if (each instanceof Number == false) {
          collect(each, slots, containers);
        }
      }
    }
  }

  private static Slot memberSlot(Members members, int index) {
    return new Slot() {
      @Override
      public Object get() {
        return members.list.get(index).value();
      }

      @Override
      public void set(Object value) {
        members.list.set(index, new Member(members.list.get(index).name(), value));
      }
    };
  }

  private static Slot elementSlot(List<Object> list, int index) {
    return new Slot() {
      @Override
      public Object get() {
        return list.get(index);
      }

      @Override
      public void set(Object value) {
        list.set(index, value);
      }
    };
  }

  private void mutateOnce(List<Slot> slots, List<Object> containers) {
    Slot slot = pick(slots);
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> slot.set(pick(ODD));
      case 3 -> slot.set(nested(slot.get(), 1 << random.nextInt(11)));
      case 4 -> {
        Slot other = pick(slots);
        Object value = slot.get();
        // A tree must not come to hold itself.
        if (isLeaf(value) && isLeaf(other.get())) {
          slot.set(other.get());
          other.set(value);
        } else {
          slot.set(null);
        }
      }
      case 5 -> slot.set(null);
      case 6 -> slot.set(String.valueOf(slot.get() instanceof Number n ? n : "10"));
      default -> {
        if (containers.isEmpty()) {
          slot.set(pick(ODD));
        } else {
          spoil(pick(containers));
        }
      }
    }
  }

  private static boolean isLeaf(Object value) {
    return value instanceof Members == false && value instanceof List == false;
  }

  private Object nested(Object value, int depth) {
    String open = random.nextBoolean() ? "[" : "{\"a\":";
    String close = open.equals("[") ? "]" : "}";
    return new Verbatim(open.repeat(depth) + JsonText.write(value) + close.repeat(depth));
  }

  @SuppressWarnings("unchecked")
  private void spoil(Object container) {
    if (container instanceof Members members) {
      spoil(members);
      return;
    }
    List<Object> list = (List<Object>) container;
    switch (random.nextInt(4)) {
      case 0 -> list.clear();
      case 1 -> list.addAll(new ArrayList<>(list));
      case 2 -> {
        if (list.isEmpty() == false) {
          list.removeLast();
        }
      }
      default -> list.add(pick(ODD));
    }
  }

  private void spoil(Members members) {
    List<Member> list = members.list;
    if (list.isEmpty()) {
      members.with("unknown", 1);
      return;
    }
    int at = random.nextInt(list.size());
    Member member = list.get(at);
    switch (random.nextInt(5)) {
      case 0 -> list.remove(at);
      case 1 -> list.add(member);
      case 2 -> list.set(at, new Member(member.name() + pickName(), member.value()));
      case 3 -> members.with(pickName(), pick(ODD));
      default -> {
        int other = random.nextInt(list.size());
        list.set(at, new Member(list.get(other).name(), member.value()));
        list.set(other, new Member(member.name(), list.get(other).value()));
      }
    }
  }

  private String pickName() {
    return pick(List.of("", "s", ".", "..", "_", "ü", "\uD83D\uDE80", "k", "similarity", "mode"));
  }

  private <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }
}
