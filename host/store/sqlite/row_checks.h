// SPDX-License-Identifier: Apache-2.0
// The invariants of docs/reliability.md that rows alone can break, as a table: a statement each,
// whose rows are the violations.
#pragma once

#include "store/row_audit.h"
#include "store/sqlite/database.h"

namespace orc::store {

Result<std::vector<Violation>> check_rows(Database& db, bool host_lives);

}  // namespace orc::store
