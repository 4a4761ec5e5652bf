package org.radapter.data.emoji;

import java.util.Optional;
import java.util.function.Supplier;
import org.radapter.data.Pixels;

/** A drawing and how to render it; nothing comes of it where the set turns out not to have it. */
record RenderJob(Drawing drawing, Supplier<Optional<Pixels>> render) {}
