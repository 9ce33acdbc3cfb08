// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace orc {

// The commit this program was built from, where its build said so (-DORCH_REVISION=…); else empty.
// A deploy of the host by itself is proven by it. [any thread]
std::string_view revision();

}  // namespace orc
