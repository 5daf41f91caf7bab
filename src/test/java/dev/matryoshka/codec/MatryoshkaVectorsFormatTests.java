package dev.matryoshka.codec;

import dev.matryoshka.rotation.RotationKind;
import java.util.List;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.tests.index.BaseKnnVectorsFormatTestCase;
import org.apache.lucene.tests.util.TestUtil;

/** Lucene's own suite for vector formats, with the options that mappings choose by default. */
public class MatryoshkaVectorsFormatTests extends BaseKnnVectorsFormatTestCase {

  @Override
  protected Codec getCodec() {
    RotationKind[] kinds = RotationKind.values();
    RotationKind kind = kinds[random().nextInt(kinds.length)];
    return TestUtil.alwaysKnnVectorsFormat(
        new MatryoshkaVectorsFormat(new CodecOptions(VectorElement.FLOAT, kind, List.of())));
  }
}
