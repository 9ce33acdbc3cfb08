// SPDX-License-Identifier: Apache-2.0
// The invariants of docs/reliability.md over everything one state folder holds: rows, events,
// files, branches and processes. Read-only, with or without a host that serves it; what a running
// host changes meanwhile is looked at again before it counts.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "app/audit_place.h"
#include "base/result.h"
#include "store/audit.h"
#include "store/row_audit.h"

namespace orc::app {

struct CheckReport {
  std::optional<int> host;  // the process that serves the database
  std::vector<store::RowCheck> checks;
  std::vector<store::Violation> violations;
};

// An Error: the database cannot be looked at.
Result<CheckReport> check_place(const AuditPlace& place);

// The parts that rows alone do not show. Each appends what it finds.
struct Looking {
  store::RowAudit& audit;
  const std::filesystem::path& state;
  bool host_lives;
  std::vector<store::Violation>& found;
};
struct OutsideCheck {
  store::RowCheck row;
  Status (*look)(Looking& looking, const store::RowCheck& row);
};
const std::vector<OutsideCheck>& outside_checks();

}  // namespace orc::app
