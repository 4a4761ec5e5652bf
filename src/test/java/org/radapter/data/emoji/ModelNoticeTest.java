package org.radapter.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.radapter.data.Credit;

/** The committed model was made from other people's drawings: its notice names them all. */
class ModelNoticeTest {
    @Test
    void theModelsNoticeNamesEveryMakerAndLicence() throws IOException {
        String notice = Files.readString(Path.of("models/NOTICE"));
        for (Credit credit : EmojiShift.credits()) {
            assertThat(notice).contains(credit.name() + ", by " + credit.author() + ", " + credit.license());
        }
    }
}
