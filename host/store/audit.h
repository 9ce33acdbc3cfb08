// SPDX-License-Identifier: Apache-2.0
// Looking over a database from outside, read-only: when no host runs, or beside the one that serves
// it. One thread at a time. Every call sees one consistent snapshot; nothing is ever written.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/records.h"

namespace orc::store {

// The first event that does not fit the chain.
struct ChainBreak {
  EventId event;
  std::string problem;
};

// An event and its hash as they were noted down elsewhere, to be found again.
struct ChainAnchor {
  EventId event;
  std::string hash;  // 64 hex digits
};

struct ChainReport {
  std::int64_t chained = 0;  // events that carry a hash
  std::int64_t before = 0;   // older than the chain, and not covered by it
  EventId last;              // of the newest event; 0: there is none
  std::string head;          // its hash; that of the genesis while nothing is chained
  std::optional<ChainBreak> broken;
};

class Audit {
 public:
  virtual ~Audit() = default;
  // Recomputes every hash, oldest first, and stops at the first that does not fit. An anchor that
  // is not found is a break as well.
  virtual Result<ChainReport> verify_events(const std::optional<ChainAnchor>& anchor) = 0;
};

// `not_found`, `io`: the file cannot be read. `refused`: it is another program's, or of another
// schema than this program writes. `malformed`: it is damaged.
Result<std::unique_ptr<Audit>> open_sqlite_audit(const std::filesystem::path& file,
                                                 Millis busy_timeout);

}  // namespace orc::store
