package org.radapter.data.emoji;

import java.nio.file.Path;

/** What the library does with an icon set, which it keeps to itself. */
public final class IconifySets {
    private IconifySets() {}

    /** Reads an {@code icons.json} and asks it for all it has. */
    public static void readAll(Path file) {
        IconifySet set = IconifySet.read(file);
        set.ownNames();
        set.otherNames();
        for (String name : set.names()) {
            set.svg(name);
        }
    }
}
