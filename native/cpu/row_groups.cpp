#include "row_groups.h"

#include <string.h>

void radapter::add_groups(radapter_context* context, const float* parts, int64_t groups, int64_t count, float factor,
                          float* to) {
  parallel_ranges(context->pool, count, 4096, [&](int64_t begin, int64_t end, int) {
    memmove(to + begin, parts + begin, (end - begin) * sizeof(float));
    for (int64_t group = 1; group < groups; ++group) {
      const float* part = parts + group * count;
      for (int64_t i = begin; i < end; ++i) {
        to[i] += part[i];
      }
    }
    for (int64_t i = begin; i < end; ++i) {
      to[i] *= factor;
    }
  });
}
