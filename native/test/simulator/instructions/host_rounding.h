// Directed rounding through the rounding mode of the host.
#ifndef RADAPTER_SIMULATOR_HOST_ROUNDING_H
#define RADAPTER_SIMULATOR_HOST_ROUNDING_H

#include <cfenv>

#include "machine/numbers.h"

namespace radapter_simulator {

/** Sets the host's rounding mode while it lives. What is computed meanwhile must go through volatile variables. */
class HostRounding {
 public:
  explicit HostRounding(Rounding rounding) : before_(fegetround()) {
    fesetround(rounding == Rounding::rz   ? FE_TOWARDZERO
               : rounding == Rounding::rm ? FE_DOWNWARD
               : rounding == Rounding::rp ? FE_UPWARD
                                          : FE_TONEAREST);
  }

  ~HostRounding() { fesetround(before_); }
  HostRounding(const HostRounding&) = delete;
  HostRounding& operator=(const HostRounding&) = delete;

 private:
  int before_;
};

}  // namespace radapter_simulator

#endif
