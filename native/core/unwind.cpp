// The unwinder in our copy of libgcc asks glibc 2.35 for the tables of a function. This stands in its place and knows
// of none, so that the library loads with older ones: the unwinder then looks through all loaded objects, as it did
// before.

extern "C" __attribute__((visibility("hidden"))) int _dl_find_object(void*, void*);  // NOLINT: glibc's name

int _dl_find_object(void*, void*) { return -1; }
