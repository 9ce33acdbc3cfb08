// SPDX-License-Identifier: Apache-2.0
#include "base/guarded_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace orc {

void guard_this_process() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace orc
