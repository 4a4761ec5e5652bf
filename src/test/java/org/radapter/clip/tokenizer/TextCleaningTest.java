package org.radapter.clip.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Expected values are what Python's ftfy 6.3 ({@code fix_encoding=False}) and {@code html.unescape} give. */
class TextCleaningTest {
    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of("“curly” ‘quotes’ ʼn ‟", "\"curly\" 'quotes' 'n \""),
                Arguments.of("ﬁne ﬂuﬃeﬆ Ĳ ŉ ǅ ﬅ", "fine fluffiest ij 'n dž ſt"),
                Arguments.of("Ａｂｃ　１２３ ﾊﾛｰ ￠", "abc 123 ハロー ¢"),
                Arguments.of("E\u0301 A\u030a", "é å"),
                Arguments.of("a\u0000\u0008\u000eb\u007f\u206a\ufeff\ufffcc", "abc"),
                Arguments.of("\u001b[31;1mred\u001b[0m", "red"),
                Arguments.of("a\u0091b\u0092 \u0080\u0085", "a'b' €…"),
                Arguments.of("a\u00a0\u2003\u3000 \t\r\n b\u2028c", "a b c"),
                Arguments.of("Σίσυφος ΣΑΣ 7Σ", "σίσυφος σας 7σ"),
                Arguments.of("İI", "i\u0307i"),
                Arguments.of("&lt;b&gt; &amp;amp;amp; &amp;eacute;", "<b> & é"),
                Arguments.of("&EACUTE;t&EACUTE; &nTILDE;", "été &ntilde;"),
                Arguments.of("a<b &EACUTE; &amp;amp;lt;", "a<b &eacute; &lt;"),
                Arguments.of("&notit; &ampamp &copy2024 &hearts", "¬it; & ©2024 &hearts"),
                Arguments.of("&#65;&#x42;&#X43 &#128;&#x92;", "abc €'"),
                Arguments.of("&#0;&#xD800;&#x110000;&#99999999999999999999;", "\ufffd\ufffd\ufffd\ufffd"),
                Arguments.of("x&#1;&#x7f;&#xFFFE;&#xfdd0;y&#59;", "xy;"),
                Arguments.of("&NotEqualTilde; &acE; &b;", "≂\u0338 ∾\u0333 &b;"),
                Arguments.of("\ud83dx\ude00 😀", "\ufffdx\ufffd 😀"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void cleansAsOpenClipDoes(String text, String cleaned) {
        assertThat(TextCleaning.LOWER.clean(text)).isEqualTo(cleaned);
    }

    @Test
    void whatIsPlainStaysAsItIs() {
        assertThat(TextCleaning.LOWER.clean("")).isEmpty();
        assertThat(TextCleaning.LOWER.clean(" \n\t ")).isEmpty();
        assertThat(TextCleaning.LOWER.clean("a photo of a cat.")).isEqualTo("a photo of a cat.");
    }

    @Test
    void theOtherModesKeepCaseOrDropPunctuation() {
        assertThat(TextCleaning.WHITESPACE.clean("  It’s  A\tCat ")).isEqualTo("It's A Cat");
        assertThat(TextCleaning.CANONICALIZE.clean(" It’s_A - Cat. ")).isEqualTo("its a cat");
    }

    @Test
    void mojibakeIsNotRepaired() {
        assertThat(TextCleaning.LOWER.clean("schÃ¶n")).isEqualTo("schã¶n");
    }
}
