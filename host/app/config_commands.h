// SPDX-License-Identifier: Apache-2.0
// What `config show|env|init` and `db backup|migrate` do: files alone, with or without a host. Each
// returns an exit code of cli/exit_code.h.
#pragma once

#include "cli/cli.h"

namespace orc::app {

int config_show(const cli::ConfigShowOptions& options);
int config_env(const cli::ConfigEnvOptions& options);
int config_init(const cli::ConfigInitOptions& options, const cli::Terminal& terminal);
int db_backup(const cli::DbBackupOptions& options);
int db_migrate(const cli::DatabasePlace& place);

}  // namespace orc::app
