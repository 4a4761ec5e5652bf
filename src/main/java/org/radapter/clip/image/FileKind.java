package org.radapter.clip.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** What a file seems to be, by its first bytes. */
final class FileKind {
    private static final String[][] MAGIC = {
        {"\u0089PNG\r\n\u001a\n", "a PNG image"},
        {"\u00ff\u00d8\u00ff", "a JPEG image"},
        {"GIF8", "a GIF image"},
        {"BM", "a BMP image"},
        {"II*\0", "a TIFF image"},
        {"MM\0*", "a TIFF image"},
        {"\u00ff\n", "a JPEG XL image"},
        {"\0\0\0\fJXL ", "a JPEG XL image"},
        {"%PDF", "a PDF document"},
        {"PK\u0003\u0004", "a ZIP archive"},
        {"\u001f\u008b", "a gzip file"},
        {"<svg", "an SVG drawing"},
        {"<?xml", "an XML file (an SVG drawing?)"},
        {"<!doctype html", "a web page"},
        {"<html", "a web page"},
    };

    private FileKind() {}

    static boolean isJpeg(byte[] content) {
        return text(content).startsWith("\u00ff\u00d8\u00ff");
    }

    static String of(byte[] content) {
        if (content.length == 0) {
            return "an empty file";
        }
        String head = text(content);
        if (head.startsWith("RIFF") && head.startsWith("WEBP", 8)) {
            return "a WebP image";
        }
        if (head.startsWith("ftyp", 4)) {
            String brand = head.substring(8, Math.min(12, head.length()));
            return brand.startsWith("avi")
                    ? "an AVIF image"
                    : brand.startsWith("he") || brand.startsWith("mi") ? "a HEIC image" : "an MP4 or similar video";
        }
        String lower = head.stripLeading().toLowerCase(Locale.ROOT);
        for (String[] kind : MAGIC) {
            if (head.startsWith(kind[0]) || (kind[0].startsWith("<") && lower.startsWith(kind[0]))) {
                return kind[1];
            }
        }
        return head.chars().allMatch(c -> (c >= ' ' && c < 0x7f) || Character.isWhitespace(c))
                ? "a text file"
                : "no image this program knows";
    }

    private static String text(byte[] content) {
        return new String(Arrays.copyOf(content, Math.min(content.length, 64)), StandardCharsets.ISO_8859_1);
    }
}
