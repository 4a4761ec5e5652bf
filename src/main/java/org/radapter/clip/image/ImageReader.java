package org.radapter.clip.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads PNG, JPEG, GIF (first frame), BMP and TIFF files, and whatever else ImageIO has a reader for, with the colours
 * Pillow's {@code convert("RGB")} gives: greys and palettes spread out; sixteen-bit colours cut to their upper eight
 * bits, but sixteen-bit grey cut off at 255; CMYK and YCCK JPEG, with Adobe's inversion; no colour profile applied.
 *
 * <p>Immutable and thread-safe.
 *
 * @param alpha what becomes of transparency in {@link #read}
 * @param rotates whether a JPEG file's EXIF orientation is followed; Pillow ignores it, and so does this by default
 * @param mostPixels larger images are refused before they are decoded
 * @param mostBytes larger files are refused before they are read
 */
public record ImageReader(Alpha alpha, boolean rotates, long mostPixels, long mostBytes) {
    /** Transparency composited on white, no rotation, at most 89,478,485 pixels (Pillow's limit) and 256 MiB. */
    public static final ImageReader DEFAULT = new ImageReader(Alpha.WHITE, false, 89_478_485, 256L << 20);

    /** What becomes of transparency. */
    public enum Alpha {
        /** Composited on white. */
        WHITE,
        /** Dropped, as {@code convert("RGB")} and so open_clip do: what a drawing hides shows. */
        PIL
    }

    /** Checks the limits. */
    public ImageReader {
        if (mostPixels < 1
                || mostPixels > Integer.MAX_VALUE / 4
                || mostBytes < 1
                || mostBytes > Integer.MAX_VALUE - 64) {
            throw new IllegalArgumentException("limits of " + mostPixels + " pixels and " + mostBytes
                    + " bytes are not within what one array can hold");
        }
    }

    /** The same reader with another treatment of transparency. */
    public ImageReader with(Alpha other) {
        return new ImageReader(other, rotates, mostPixels, mostBytes);
    }

    /** The same reader, following EXIF orientation or not. */
    public ImageReader rotating(boolean follows) {
        return new ImageReader(alpha, follows, mostPixels, mostBytes);
    }

    /**
     * The image of a file, opaque.
     *
     * @throws ImageException if it is no image, one no reader is present for, damaged, or too large
     */
    public RgbImage read(Path file) throws IOException {
        return opaque(readRgba(file));
    }

    /** As {@link #read(Path)}, from bytes; {@code name} is for messages. */
    public RgbImage read(byte[] content, String name) throws IOException {
        return opaque(readRgba(content, name));
    }

    private RgbImage opaque(RgbaImage image) {
        return alpha == Alpha.WHITE ? image.over(255, 255, 255) : image.withoutAlpha();
    }

    /** The image of a file with its transparency. */
    public RgbaImage readRgba(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new ImageException(file + " is a directory, no image", null);
        }
        if (!Files.exists(file)) {
            throw new ImageException("there is no image " + file, null);
        }
        if (Files.size(file) > mostBytes) {
            throw new ImageException(
                    file + " holds " + Files.size(file) + " bytes, more than the limit of " + mostBytes, null);
        }
        return readRgba(Files.readAllBytes(file), file.toString());
    }

    /** As {@link #readRgba(Path)}, from bytes; {@code name} is for messages. */
    public RgbaImage readRgba(byte[] content, String name) throws IOException {
        try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(content))) {
            javax.imageio.ImageReader decoder = decoder(stream, content, name);
            try {
                return decode(decoder, stream, content, name);
            } catch (ImageException e) {
                throw e;
            } catch (IOException | RuntimeException e) {
                throw damaged(content, name, e.getMessage(), e);
            } finally {
                decoder.dispose();
            }
        }
    }

    private static javax.imageio.ImageReader decoder(ImageInputStream stream, byte[] content, String name)
            throws IOException {
        Iterator<javax.imageio.ImageReader> decoders = ImageIO.getImageReaders(stream);
        if (decoders.hasNext()) {
            return decoders.next();
        }
        String kind = FileKind.of(content);
        throw new ImageException(
                name + " is " + kind
                        + (kind.endsWith("image")
                                ? ", which needs an ImageIO reader that is not present; convert it to PNG or JPEG"
                                : "; expected a PNG, JPEG, GIF or BMP image"),
                null);
    }

    private RgbaImage decode(javax.imageio.ImageReader decoder, ImageInputStream stream, byte[] content, String name)
            throws IOException {
        AtomicReference<@Nullable String> warning = new AtomicReference<>();
        decoder.addIIOReadWarningListener((source, text) -> warning.compareAndSet(null, text));
        decoder.setInput(stream, true, true);
        long pixels = (long) decoder.getWidth(0) * decoder.getHeight(0);
        if (pixels > mostPixels) {
            throw new ImageException(
                    name + " has " + decoder.getWidth(0) + " × " + decoder.getHeight(0)
                            + " pixels, more than the limit of " + mostPixels + " in all",
                    null);
        }
        if (!FileKind.isJpeg(content) || !decoder.canReadRaster()) {
            return BufferedColours.toRgba(decoder.read(0));
        }
        JpegHeader header = JpegHeader.read(content);
        RgbaImage image = JpegColours.toRgba(decoder.readRaster(0, null), header);
        String text = warning.get();
        if (text != null && text.contains("runcated")) {
            throw damaged(content, name, text, null);
        }
        return rotates ? Orientation.upright(image, header.orientation()) : image;
    }

    private static ImageException damaged(
            byte[] content, String name, @Nullable String detail, @Nullable Exception cause) {
        return new ImageException(
                name + " looks like " + FileKind.of(content) + " but is damaged or of a kind that cannot be read: "
                        + detail,
                cause);
    }
}
