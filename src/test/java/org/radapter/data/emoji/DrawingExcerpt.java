package org.radapter.data.emoji;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.radapter.data.DataException;
import org.radapter.data.DataOptions;
import org.radapter.data.Pixels;

/**
 * Writes a copy of the emoji cache that has what the demo looks at and little else: {@code DrawingExcerpt FOLDER}. Drawings
 * of its splits keep the upper three bits of each channel, all others are clear. A run on it shows that everything works; its
 * accuracies are not the demo's.
 */
final class DrawingExcerpt {
    private DrawingExcerpt() {}

    /**
     * Writes the excerpt.
     *
     * @param arguments the folder, which {@code RADAPTER_DATA} may then name
     * @throws DataException if there is no cache to take it from, and no network
     */
    public static void main(String[] arguments) throws IOException {
        DrawingCache cache = new DrawingCache(DataOptions.defaults(), (task, done, total) -> {});
        DrawingCache.Part part = DrawingCache.Part.EMOJI;
        DrawingFile all = cache.open(part);
        Path from = cache.folder(part);
        EmojiCatalog catalog = EmojiCatalog.read(from, all.drawings());
        byte[] clear = DrawingFile.compress(new Pixels(
                DrawingCache.PIXELS, DrawingCache.PIXELS, new byte[4 * DrawingCache.PIXELS * DrawingCache.PIXELS]));
        List<byte[]> blocks = new ArrayList<>();
        for (int i = 0; i < all.drawings().size(); i++) {
            blocks.add(
                    isSeen(catalog, all.drawings().get(i))
                            ? stored(coarse(all.pixels(i).rgba()))
                            : clear);
        }
        Path to = Path.of(arguments[0]).resolve(part.folder());
        Files.createDirectories(to);
        DrawingFile.write(to.resolve("drawings.bin"), DrawingCache.PIXELS, all.drawings(), blocks);
        for (String text : ConceptTexts.FILES) {
            Path copy = to.resolve(text);
            Files.createDirectories(copy.getParent());
            Files.copy(from.resolve(text), copy);
        }
    }

    private static boolean isSeen(EmojiCatalog catalog, Drawing drawing) {
        return SplitRules.split(catalog.role(drawing.key()), drawing.key(), Style.byId(drawing.set()))
                .filter(split -> split != Split.VALIDATION)
                .isPresent();
    }

    /** The upper three bits of each byte, over and over, so that black, white and clear stay what they are. */
    private static byte[] coarse(byte[] rgba) {
        byte[] result = new byte[rgba.length];
        for (int i = 0; i < rgba.length; i++) {
            int upper = rgba[i] & 0xe0;
            result[i] = (byte) (upper | upper >> 3 | upper >> 6);
        }
        return result;
    }

    /** As a zlib stream that compresses nothing, for an archive compresses all drawings together better. */
    private static byte[] stored(byte[] rgba) {
        Deflater deflater = new Deflater(Deflater.NO_COMPRESSION);
        try {
            deflater.setInput(rgba);
            deflater.finish();
            byte[] block = new byte[rgba.length + 64];
            int length = deflater.deflate(block);
            if (!deflater.finished()) {
                throw new IllegalStateException("a stored block is longer than its bound");
            }
            return Arrays.copyOf(block, length);
        } finally {
            deflater.end();
        }
    }
}
