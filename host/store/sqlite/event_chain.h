// SPDX-License-Identifier: Apache-2.0
// The hash chain over the rows of `events`.
#pragma once

#include "domain/event_chain.h"
#include "store/audit.h"
#include "store/sqlite/database.h"

namespace orc::store {

// Where the next event is appended.
struct ChainEnd {
  EventId last;  // 0: there is no event
  Sha256 head = chain_genesis();
};
Result<ChainEnd> read_chain_end(Database& db);

// Every event, oldest first.
Result<ChainReport> verify_events(Database& db, const std::optional<ChainAnchor>& anchor);
// The newest `count` events alone; the first of them is believed.
Result<std::optional<ChainBreak>> verify_last_events(Database& db, int count);

}  // namespace orc::store
