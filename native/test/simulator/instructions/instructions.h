// What each file of this folder adds to the table of opcodes.
#ifndef RADAPTER_SIMULATOR_INSTRUCTIONS_H
#define RADAPTER_SIMULATOR_INSTRUCTIONS_H

#include "machine/decoder.h"

namespace radapter_simulator {

void register_arithmetic(DecodeTable& table);
void register_conversions(DecodeTable& table);
void register_moves(DecodeTable& table);
void register_branches(DecodeTable& table);
void register_calls(DecodeTable& table);
void register_barriers(DecodeTable& table);
void register_load_store(DecodeTable& table);
void register_atomics(DecodeTable& table);
void register_shuffles(DecodeTable& table);
void register_matrix_fragments(DecodeTable& table);
void register_mma(DecodeTable& table);
void register_mbarriers(DecodeTable& table);
void register_copies(DecodeTable& table);
void register_wgmma(DecodeTable& table);

}  // namespace radapter_simulator

#endif
