// Kernels inside this program, as a plug-in carries them: put in by .incbin.
#ifndef RADAPTER_SIMULATOR_TESTS_EMBEDDED_H
#define RADAPTER_SIMULATOR_TESTS_EMBEDDED_H

/** PTX text; a fat binary with PTX for three chips and a cubin; one whose PTX is compressed. */
extern "C" const char embedded_ptx[];
extern "C" const char embedded_fatbin[];
extern "C" const char embedded_compressed[];

#endif
