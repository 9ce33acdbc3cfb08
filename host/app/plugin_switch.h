// SPDX-License-Identifier: Apache-2.0
// `plugin enable|disable`: the lasting switch of a plugin, as a file of its own below conf.d. The
// operator's own files are never rewritten.
#pragma once

#include "cli/cli.h"

namespace orc::app {

// Writes conf.d/50-NAME.yaml beside the configuration and checks the whole; what would be refused is
// taken back, and the file is as before. Returns an exit code of cli/exit_code.h.
int plugin_switch(const cli::PluginSwitchOptions& options);

}  // namespace orc::app
