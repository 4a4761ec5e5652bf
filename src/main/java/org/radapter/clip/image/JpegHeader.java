package org.radapter.clip.image;

import java.nio.charset.StandardCharsets;

/**
 * What the markers of a JPEG file say about its colours and its orientation.
 *
 * @param adobeTransform the Adobe marker's transform (0 none, 1 YCbCr, 2 YCCK), −1 without such a marker
 * @param isJfif whether there is a JFIF marker
 * @param componentIds the three or so components' ids, as characters
 * @param orientation EXIF orientation, 1 … 8; 1 if not given
 */
record JpegHeader(int adobeTransform, boolean isJfif, String componentIds, int orientation) {
    /** A file without any marker: four components are plain CMYK. */
    static final JpegHeader NONE = new JpegHeader(-1, false, "", 1);

    /** Reads the markers before the first scan; what is damaged counts as absent. */
    static JpegHeader read(byte[] file) {
        int adobe = -1;
        boolean jfif = false;
        String ids = "";
        int orientation = 1;
        for (int at = 2; at + 4 <= file.length && (file[at] & 0xff) == 0xff; ) {
            int marker = file[at + 1] & 0xff;
            if (marker == 0xff) {
                at++;
                continue;
            }
            int length = unsigned(file, at + 2, true);
            int body = at + 4;
            int end = at + 2 + length;
            if (marker == 0xda || length < 2 || end > file.length) {
                break;
            }
            if (marker == 0xe0 && starts(file, body, end, "JFIF")) {
                jfif = true;
            } else if (marker == 0xee && starts(file, body, end, "Adobe") && end - body >= 12) {
                adobe = file[body + 11] & 0xff;
            } else if (marker == 0xe1 && starts(file, body, end, "Exif\0\0")) {
                orientation = orientation(file, body + 6, end);
            } else if (isFrame(marker)) {
                ids = componentIds(file, body, end);
            }
            at = end;
        }
        return new JpegHeader(adobe, jfif, ids, orientation);
    }

    /** Whether three components are luminance and chrominance, as libjpeg decides it. */
    boolean isYcc() {
        if (isJfif) {
            return true;
        }
        return adobeTransform >= 0 ? adobeTransform != 0 : !componentIds.equals("RGB");
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private static String componentIds(byte[] file, int body, int end) {
        StringBuilder ids = new StringBuilder();
        for (int at = body + 6; at < end; at += 3) {
            ids.append((char) (file[at] & 0xff));
        }
        return ids.toString();
    }

    private static int orientation(byte[] file, int tiff, int end) {
        if (tiff + 8 > end) {
            return 1;
        }
        boolean isBig = file[tiff] == 'M';
        long directory = tiff
                + ((long) unsigned(file, tiff + (isBig ? 4 : 6), isBig) << 16)
                + unsigned(file, tiff + (isBig ? 6 : 4), isBig);
        if (directory < tiff || directory + 2 > end) {
            return 1;
        }
        int entries = unsigned(file, (int) directory, isBig);
        for (int i = 0; i < entries && directory + 2 + 12L * (i + 1) <= end; i++) {
            int entry = (int) directory + 2 + 12 * i;
            if (unsigned(file, entry, isBig) == 0x112) {
                int value = unsigned(file, entry + 8, isBig);
                return value >= 1 && value <= 8 ? value : 1;
            }
        }
        return 1;
    }

    private static boolean starts(byte[] file, int at, int end, String prefix) {
        return end - at >= prefix.length()
                && new String(file, at, prefix.length(), StandardCharsets.ISO_8859_1).equals(prefix);
    }

    private static int unsigned(byte[] file, int at, boolean isBig) {
        int first = file[at] & 0xff;
        int second = file[at + 1] & 0xff;
        return isBig ? first << 8 | second : second << 8 | first;
    }
}
