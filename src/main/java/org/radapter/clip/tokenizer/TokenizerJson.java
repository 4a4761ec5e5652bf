package org.radapter.clip.tokenizer;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;

/** The content of Hugging Face's {@code tokenizer.json} for a CLIP vocabulary. */
final class TokenizerJson {
    private TokenizerJson() {}

    static void write(JsonGenerator json, BytePairVocabulary vocabulary) throws IOException {
        json.writeStringField("version", "1.0");
        json.writeNullField("truncation");
        json.writeNullField("padding");
        writeAddedTokens(json, vocabulary);
        writeNormalizer(json);
        writePreTokenizer(json);
        writePostProcessor(json, vocabulary);
        json.writeFieldName("decoder");
        writeByteLevel(json, true);
        writeModel(json, vocabulary);
    }

    private static void writeAddedTokens(JsonGenerator json, BytePairVocabulary vocabulary) throws IOException {
        json.writeArrayFieldStart("added_tokens");
        for (String token : List.of(vocabulary.start(), vocabulary.end())) {
            json.writeStartObject();
            json.writeNumberField("id", vocabulary.requireId(token));
            json.writeStringField("content", token);
            json.writeBooleanField("single_word", false);
            json.writeBooleanField("lstrip", false);
            json.writeBooleanField("rstrip", false);
            json.writeBooleanField("normalized", true);
            json.writeBooleanField("special", true);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeNormalizer(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("normalizer");
        json.writeStringField("type", "Sequence");
        json.writeArrayFieldStart("normalizers");
        writeStep(json, "NFC");
        json.writeEndObject();
        writeStep(json, "Replace");
        writePattern(json, "\\s+");
        json.writeStringField("content", " ");
        json.writeEndObject();
        writeStep(json, "Lowercase");
        json.writeEndObject();
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writePreTokenizer(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("pre_tokenizer");
        json.writeStringField("type", "Sequence");
        json.writeArrayFieldStart("pretokenizers");
        writeStep(json, "Split");
        writePattern(json, "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+");
        json.writeStringField("behavior", "Removed");
        json.writeBooleanField("invert", true);
        json.writeEndObject();
        writeByteLevel(json, false);
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeStep(JsonGenerator json, String type) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", type);
    }

    private static void writeByteLevel(JsonGenerator json, boolean addsPrefixSpace) throws IOException {
        writeStep(json, "ByteLevel");
        json.writeBooleanField("add_prefix_space", addsPrefixSpace);
        json.writeBooleanField("trim_offsets", true);
        json.writeBooleanField("use_regex", true);
        json.writeEndObject();
    }

    private static void writePattern(JsonGenerator json, String regex) throws IOException {
        json.writeObjectFieldStart("pattern");
        json.writeStringField("Regex", regex);
        json.writeEndObject();
    }

    private static void writePostProcessor(JsonGenerator json, BytePairVocabulary vocabulary) throws IOException {
        json.writeObjectFieldStart("post_processor");
        json.writeStringField("type", "RobertaProcessing");
        writeToken(json, "sep", vocabulary.end(), vocabulary);
        writeToken(json, "cls", vocabulary.start(), vocabulary);
        json.writeBooleanField("trim_offsets", false);
        json.writeBooleanField("add_prefix_space", false);
        json.writeEndObject();
    }

    private static void writeToken(JsonGenerator json, String field, String token, BytePairVocabulary vocabulary)
            throws IOException {
        json.writeArrayFieldStart(field);
        json.writeString(token);
        json.writeNumber(vocabulary.requireId(token));
        json.writeEndArray();
    }

    private static void writeModel(JsonGenerator json, BytePairVocabulary vocabulary) throws IOException {
        json.writeObjectFieldStart("model");
        json.writeStringField("type", "BPE");
        json.writeNullField("dropout");
        json.writeStringField("unk_token", vocabulary.end());
        json.writeStringField("continuing_subword_prefix", "");
        json.writeStringField("end_of_word_suffix", ByteSymbols.WORD_END);
        json.writeBooleanField("fuse_unk", false);
        json.writeObjectFieldStart("vocab");
        VocabularyWriter.writeIds(json, vocabulary.ids());
        json.writeEndObject();
        json.writeArrayFieldStart("merges");
        for (Merge merge : vocabulary.merges()) {
            json.writeString(merge.left() + " " + merge.right());
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
