// SPDX-License-Identifier: Apache-2.0
// Apart from process_identity.cpp: the worker identifies processes too, but needs no cryptographic library for it.
#include "base/digest.h"
#include "base/process_identity.h"

namespace orc {

HostIdentity new_host_identity() {
  return HostIdentity{.instance = random_hex(16), .process = identify_self()};
}

}  // namespace orc
