// SPDX-License-Identifier: Apache-2.0
// What `events verify` and `db check` do: look over a database and what belongs to it, read-only,
// with or without a host that serves it. Each returns an exit code of cli/exit_code.h: 0 all is
// well, 1 something is wrong, 74 the database cannot be looked at.
#pragma once

#include "cli/cli.h"

namespace orc::app {

int events_verify(const cli::EventsVerifyOptions& options);
int db_check(const cli::DbCheckOptions& options);

}  // namespace orc::app
