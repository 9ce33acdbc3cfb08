// SPDX-License-Identifier: Apache-2.0
#include "base/revision.h"

namespace orc {

std::string_view revision() {
  return ORCH_REVISION;
}

}  // namespace orc
