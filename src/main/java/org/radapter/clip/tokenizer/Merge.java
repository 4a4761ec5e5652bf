package org.radapter.clip.tokenizer;

/** One step of byte-pair encoding: {@code left} followed by {@code right} becomes one token. */
record Merge(String left, String right) {
    String result() {
        return left.concat(right);
    }
}
