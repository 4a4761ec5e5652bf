#ifndef RADAPTER_CPU_CPU_COUNT_H
#define RADAPTER_CPU_CPU_COUNT_H

namespace radapter {

/** Processors this process may use: its affinity mask, cut by its control group's quota; 1 to `most`. */
int available_processors(int most);

}  // namespace radapter

#endif
