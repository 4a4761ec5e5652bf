// Rows in chunks that stay in the cache, and chunks in groups whose parts of a weight gradient are added up by
// themselves. Both depend on the number of rows alone, and with them the order of every sum.
#ifndef RADAPTER_CPU_ROW_GROUPS_H
#define RADAPTER_CPU_ROW_GROUPS_H

#include <stdint.h>

#include "context.h"
#include "operands.h"

namespace radapter {

/** Rows of a chunk; a whole number of every instruction set's row tiles. */
constexpr int64_t kChunkRows = 192;
/** Least rows of a group, and most groups. */
constexpr int64_t kGroupRows = 2 * kChunkRows;
constexpr int64_t kMostGroups = 64;

inline int64_t group_rows(int64_t rows) {
  const int64_t fair = divide_up(divide_up(rows, kMostGroups), kChunkRows) * kChunkRows;
  return fair < kGroupRows ? kGroupRows : fair;
}

inline int64_t group_count(int64_t rows) { return rows <= 0 ? 0 : divide_up(rows, group_rows(rows)); }

/** Bytes of `count` elements, filled up to whole lines of the cache. */
inline size_t aligned_bytes(int64_t count, size_t size) {
  return count <= 0 ? 0 : round_to_line(static_cast<size_t>(count) * size);
}

/** to [count] = factor·Σ parts [groups, count] over the groups, in their order; `to` may be the first part. */
void add_groups(radapter_context* context, const float* parts, int64_t groups, int64_t count, float factor, float* to);

}  // namespace radapter

#endif
