// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/ports.h"
#include "store/store.h"

namespace orc::http {

// The host in one line: "1 running · 2 queued · 1 waits for you · 1 held by its environment · $14.20
// today (of $200.00)". What is nothing is left out, but for the first two.
Result<std::string> sentence_of(store::Reader& reader, const engine::Snapshot& status);

// "14.20"
std::string money(std::int64_t micro_usd);

}  // namespace orc::http
