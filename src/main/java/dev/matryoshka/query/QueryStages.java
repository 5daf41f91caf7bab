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

import dev.matryoshka.search.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.core.Nullable;
import org.elasticsearch.xcontent.ConstructingObjectParser;
import org.elasticsearch.xcontent.ObjectParser.ValueType;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.ToXContentFragment;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParser.Token;

/**
 * The {@code stages} of a query as the user wrote them: each but the last says how many documents
 * it keeps, no more than the one before; each is finer than the one before; the last one compares
 * whole vectors. Immutable.
 */
public record QueryStages(List<Stage> stages) implements Writeable, ToXContentFragment {

  public static final ParseField STAGES = new ParseField("stages");

  private static final ParseField BITS = new ParseField("bits");
  private static final ParseField DIMS = new ParseField("dims");
  private static final ParseField SCORE = new ParseField("score");
  private static final ParseField KEEP = new ParseField("keep");
  private static final String HAMMING = "hamming";
  private static final String ASYMMETRIC = "asymmetric";

  private static final ConstructingObjectParser<Stage, Void> STAGE_PARSER =
      new ConstructingObjectParser<>(
          "stage",
          args -> stage((Integer) args[0], (Integer) args[1], (String) args[2], (Integer) args[3]));

  static {
    declareWhole(BITS);
    declareWhole(DIMS);
    STAGE_PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), SCORE);
    declareWhole(KEEP);
  }

  private static void declareWhole(ParseField field) {
    STAGE_PARSER.declareField(
        ConstructingObjectParser.optionalConstructorArg(),
        (parser, context) -> WholeNumber.parse(parser, field),
        field,
        ValueType.INT);
  }

  /**
   * @throws IllegalArgumentException when the stages contradict each other; what depends on the
   *     field is left to {@link #check}
   */
  public QueryStages {
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("[stages] must not be empty");
    }
    for (int i = 0; i < stages.size(); i++) {
      checkKeep(stages.get(i), i, i == stages.size() - 1);
      if (i > 0) {
        checkOrder(stages.get(i - 1), stages.get(i), i);
      }
    }
    if (stages.getLast().kind() != Stage.Kind.FLOAT) {
      throw new IllegalArgumentException(
          "[stages] must end with a stage of [dims], which gives the score, but the last one is ["
              + stages.getLast().label()
              + "]");
    }
  }

  private static void checkKeep(Stage stage, int index, boolean last) {
    boolean keeps = stage.keep() != Stage.LAST;
    if (last && keeps) {
      throw new IllegalArgumentException(
          "[stages] must end with a stage without [keep] but the last one keeps ["
              + stage.keep()
              + "]");
    }
    if (last == false && keeps == false) {
      throw new IllegalArgumentException(
          "[stages] must [keep] a number of documents in all but the last stage, but stage ["
              + index
              + "] has none");
    }
    if (keeps && stage.keep() < 1) {
      throw new IllegalArgumentException(
          "[keep] of stage [" + index + "] must be at least [1] but was [" + stage.keep() + "]");
    }
    if (stage.size() < 1) {
      throw new IllegalArgumentException(
          "["
              + (stage.kind() == Stage.Kind.FLOAT ? DIMS : BITS).getPreferredName()
              + "] of stage ["
              + index
              + "] must be at least [1] but was ["
              + stage.size()
              + "]");
    }
  }

  private static void checkOrder(Stage previous, Stage stage, int index) {
    if (stage.keep() > previous.keep()) {
      throw new IllegalArgumentException(
          "[keep] must not grow from stage to stage but stage ["
              + index
              + "] keeps ["
              + stage.keep()
              + "] of ["
              + previous.keep()
              + "]");
    }
    int kinds = Integer.compare(code(previous.kind()), code(stage.kind()));
    if (kinds > 0 || kinds == 0 && previous.size() >= stage.size()) {
      throw new IllegalArgumentException(
          "[stages] must get finer but stage ["
              + index
              + "], ["
              + stage.label()
              + "], follows ["
              + previous.label()
              + "]");
    }
  }

  /** The stages the parser stands on, an array of objects. */
  public static QueryStages parse(XContentParser parser) throws IOException {
    List<Stage> stages = new ArrayList<>();
    boolean array = parser.currentToken() == Token.START_ARRAY;
    while (array && parser.nextToken() == Token.START_OBJECT) {
      stages.add(STAGE_PARSER.parse(parser, null));
    }
    if (parser.currentToken() != Token.END_ARRAY) {
      throw new IllegalArgumentException("[stages] must be an array of objects");
    }
    return new QueryStages(stages);
  }

  private static Stage stage(
      @Nullable Integer bits,
      @Nullable Integer dims,
      @Nullable String score,
      @Nullable Integer keep) {
    int survivors = keep == null ? Stage.LAST : keep;
    if (keep != null && keep < 1) {
      throw new IllegalArgumentException("[keep] must be at least [1] but was [" + keep + "]");
    }
    if (bits == null == (dims == null)) {
      throw new IllegalArgumentException("a stage must have either [bits] or [dims]");
    }
    if (dims != null && score != null) {
      throw new IllegalArgumentException(
          "[score] goes with [bits] only but was [" + score + "] with [dims]");
    }
    if (dims != null) {
      return Stage.floats(dims, survivors);
    }
    return switch (score) {
      case null -> Stage.hamming(bits, survivors);
      case HAMMING -> Stage.hamming(bits, survivors);
      case ASYMMETRIC -> Stage.asymmetric(bits, survivors);
      default ->
          throw new IllegalArgumentException(
              "[score] must be one of ["
                  + HAMMING
                  + ", "
                  + ASYMMETRIC
                  + "] but was ["
                  + score
                  + "]");
    };
  }

  /**
   * Checks against the number of hits asked for.
   *
   * @throws IllegalArgumentException when a stage keeps fewer documents
   */
  public void checkKeepsAtLeast(int k) {
    for (Stage stage : stages) {
      if (stage.keep() != Stage.LAST && stage.keep() < k) {
        throw new IllegalArgumentException(
            "[keep] must be at least [k], which is ["
                + k
                + "], but stage ["
                + stage.label()
                + "] keeps ["
                + stage.keep()
                + "]");
      }
    }
  }

  /**
   * Checks against what the field has.
   *
   * @param bits the code lengths of the field
   * @throws IllegalArgumentException that names the field and the stage that asks for more
   */
  void check(String field, int dims, List<Integer> bits) {
    Set<Integer> lengths = Set.copyOf(bits);
    for (Stage stage : stages) {
      if (stage.kind() != Stage.Kind.FLOAT && lengths.contains(stage.size()) == false) {
        throw new IllegalArgumentException(
            "[bits] of a stage must be one of "
                + bits
                + ", the codes of field ["
                + field
                + "], but was ["
                + stage.size()
                + "]");
      }
      if (stage.kind() == Stage.Kind.FLOAT && stage.size() > dims) {
        throw new IllegalArgumentException(
            "[dims] of a stage must not exceed the ["
                + dims
                + "] of field ["
                + field
                + "] but was ["
                + stage.size()
                + "]");
      }
    }
    if (stages.getLast().size() != dims) {
      throw new IllegalArgumentException(
          "[stages] must end with the ["
              + dims
              + "] dims of field ["
              + field
              + "] but end with ["
              + stages.getLast().size()
              + "]");
    }
  }

  /** Reads what {@link #writeTo} wrote. */
  public static QueryStages read(StreamInput in) throws IOException {
    return new QueryStages(in.readCollectionAsList(QueryStages::readStage));
  }

  private static Stage readStage(StreamInput in) throws IOException {
    return new Stage(kind(in.readByte()), in.readVInt(), in.readInt());
  }

  @Override
  public void writeTo(StreamOutput out) throws IOException {
    out.writeCollection(
        stages,
        (stream, stage) -> {
          stream.writeByte(code(stage.kind()));
          stream.writeVInt(stage.size());
          stream.writeInt(stage.keep());
        });
  }

  /** The number of a kind on the wire; finer kinds have greater ones. */
  private static byte code(Stage.Kind kind) {
    return switch (kind) {
      case HAMMING -> 0;
      case ASYMMETRIC -> 1;
      case FLOAT -> 2;
    };
  }

  private static Stage.Kind kind(byte code) {
    for (Stage.Kind kind : Stage.Kind.values()) {
      if (code(kind) == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException("unknown stage code [" + code + "]");
  }

  @Override
  public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
    builder.startArray(STAGES.getPreferredName());
    for (Stage stage : stages) {
      boolean floats = stage.kind() == Stage.Kind.FLOAT;
      builder.startObject();
      builder.field((floats ? DIMS : BITS).getPreferredName(), stage.size());
      if (stage.kind() == Stage.Kind.ASYMMETRIC) {
        builder.field(SCORE.getPreferredName(), ASYMMETRIC);
      }
      if (stage.keep() != Stage.LAST) {
        builder.field(KEEP.getPreferredName(), stage.keep());
      }
      builder.endObject();
    }
    return builder.endArray();
  }
}
