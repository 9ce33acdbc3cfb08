// SPDX-License-Identifier: Apache-2.0
// What a plugin's author, and whoever writes an artifact by hand, asks for: no host is needed, and
// nothing is left behind but what `plugin new` writes. Each returns an exit code of
// cli/exit_code.h.
#pragma once

#include "cli/cli.h"

namespace orc::app {

int plugin_new(const cli::PluginNewOptions& options);
int plugin_check(const cli::PluginCheckOptions& options);
int plugin_run(const cli::PluginRunOptions& options);
int artifact_check(const cli::ArtifactCheckOptions& options);

}  // namespace orc::app
