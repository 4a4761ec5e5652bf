#include "tests/embedded.h"

#define EMBED(name, path)                                                                          \
  asm(".section .rodata\n.balign 16\n.globl " name "\n.hidden " name "\n" name ": .incbin \"" path \
      "\"\n"                                                                                       \
      ".byte 0\n.previous")

EMBED("embedded_ptx", EMBEDDED_PTX);
EMBED("embedded_fatbin", EMBEDDED_FATBIN);
EMBED("embedded_compressed", EMBEDDED_COMPRESSED);
